// What the launcher asks for when a service is to run, and what it then holds of it: the same for a child process and a
// thread.

/** A service that runs. */
export interface RunningService {
  /** Process id; undefined for one that has no process of its own. */
  readonly pid: number | undefined;
  /** Asks it to end in order. */
  end(): void;
  /** Ends it now. */
  kill(): void;
  /** It stays, and does nothing until `resume`. */
  pause(): void;
  resume(): void;
}

/** What to run, and who is told of it. */
export interface LaunchOrder {
  readonly name: string;
  /** The service's script first. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where its log is appended. */
  readonly logFile: string;
  /** What it prints for people; undefined for the log file. */
  readonly onOutput: ((text: string) => void) | undefined;
  /** It could not be run at all. */
  readonly onFault: (error: Error) => void;
  /** It has ended; called once. */
  readonly onGone: (code: number | null, signal: NodeJS.Signals | null) => void;
}

/** Runs a service. */
export type Launch = (order: LaunchOrder) => RunningService;
