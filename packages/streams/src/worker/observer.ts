// What a worker tells the world: one narrow port, so that the engine knows neither logs nor metrics.

/** Where a worker stands. */
export type WorkerPhase =
  | "starting"
  | "joining"
  | "restoring"
  | "running"
  | "stopping"
  | "stopped"
  | "failed";

/** An atomic commit that succeeded. */
export interface CommitReport {
  readonly inputs: number;
  readonly outputs: number;
  readonly deadLetters: number;
  readonly durationMs: number;
  readonly tasks: number;
}

/** Told of what happens; must not throw and must not block. */
export interface WorkerObserver {
  phase?(phase: WorkerPhase, details: Readonly<Record<string, unknown>>): void;
  committed?(report: CommitReport): void;
  restored?(report: {
    readonly store: string;
    readonly partition: number;
    readonly records: number;
    readonly durationMs: number;
  }): void;
  failed?(error: unknown, action: string): void;
  log?(message: string, details?: Readonly<Record<string, unknown>>): void;
}
