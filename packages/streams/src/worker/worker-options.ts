// How a worker works, and what it does when nothing is said.

import { type Clock, systemClock } from "../clock.ts";

/** How a worker works; times in milliseconds. */
export interface WorkerOptions {
  /** Longest time between a record's processing and its commit. Default 100; lower is lower latency under load. */
  readonly commitIntervalMsMax?: number;
  /** Outputs after which a commit does not wait. Default 20,000: bounds memory and the size of a transaction. */
  readonly commitRecordsMax?: number;
  /** Input idle for so long, and caught up: stream time follows the wall clock, this far behind. Default 5,000. */
  readonly idleAfterMs?: number;
  /** How often a record may fail its handler before it is dead-lettered. Default 3. */
  readonly handlerAttemptsMax?: number;
  /**
   * Folder for copies of committed state on the local disk, so that a restart reads only the rest of the changelog.
   * Default none: state is in memory and in the changelog alone.
   */
  readonly stateDir?: string;
  /** How often a copy is written, where there is one. Default 10,000; a shorter one replays less after a crash. */
  readonly checkpointIntervalMs?: number;
  /** Wall clock. Only idle input, durations and the age of local copies look at it. */
  readonly now?: () => number;
  /** What the worker waits with, and the default of `now`. The simulation has its own. */
  readonly clock?: Clock;
}

/** The options with their defaults. */
export type ResolvedWorkerOptions = Required<Omit<WorkerOptions, "stateDir">>;

export const resolveOptions = (options: WorkerOptions): ResolvedWorkerOptions => ({
  commitIntervalMsMax: options.commitIntervalMsMax ?? 100,
  commitRecordsMax: options.commitRecordsMax ?? 20_000,
  idleAfterMs: options.idleAfterMs ?? 5_000,
  handlerAttemptsMax: options.handlerAttemptsMax ?? 3,
  checkpointIntervalMs: options.checkpointIntervalMs ?? 10_000,
  now: options.now ?? options.clock?.now ?? Date.now,
  clock: options.clock ?? systemClock,
});
