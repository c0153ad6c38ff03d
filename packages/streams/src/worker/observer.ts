// What a worker tells the world: one narrow port, so that the engine knows neither logs nor metrics.

import type { Doubt } from "../state/checkpoint.ts";
import type { OperationFigures } from "../state/metered-store.ts";

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
  /** Input records whose effects it holds. */
  readonly inputs: number;
  /** Records it wrote, changelogs included. */
  readonly outputs: number;
  /** The same by topic; those without a record are left out. */
  readonly outputsByTopic: ReadonlyMap<string, number>;
  /** When ingest took in the oldest of the inputs, epoch milliseconds; undefined when none says so. */
  readonly oldestReceivedAtMs: number | undefined;
  readonly durationMs: number;
  readonly tasks: number;
}

/** How far the changelog of a store has been read. */
export interface RestoreProgress {
  readonly store: string;
  readonly partition: number;
  /** Records applied so far. */
  readonly records: number;
  readonly fromOffset: number;
  readonly nextOffset: number;
  /** Where it will end. */
  readonly endOffset: number;
}

/** A store is restored. */
export interface RestoreReport {
  readonly store: string;
  readonly partition: number;
  /** Changelog records that were applied. */
  readonly records: number;
  readonly durationMs: number;
  /** Whether a copy on the local disk, or a standby's, was there, so that only the rest of the changelog had to be read. */
  readonly from: "checkpoint" | "standby" | "start";
  /** Where the reading of the changelog began. */
  readonly fromOffset: number;
}

/** The entries that a copy on the local disk held of a store. */
export interface CopyLoadReport {
  readonly store: string;
  readonly partition: number;
  readonly entries: number;
  readonly durationMs: number;
}

/** One store of a worker, over its tasks. */
export interface StoreFigures {
  readonly store: string;
  readonly entries: number;
  readonly operations: readonly OperationFigures[];
}

/** One store of a partition that this process stands by for. */
export interface StandbyFigures {
  readonly store: string;
  readonly partition: number;
  readonly entries: number;
  /** Keys and values as the changelog has them, by the mean size of those that were read. */
  readonly bytes: number;
  /** Offsets of the changelog that are still to be read, markers included; undefined before the first fetch. */
  readonly lagRecords?: number;
}

/** Told of what happens; must not throw and must not block. */
export interface WorkerObserver {
  phase?(phase: WorkerPhase, details: Readonly<Record<string, unknown>>): void;
  committed?(report: CommitReport): void;
  /** A copy on the local disk was read. */
  loaded?(report: CopyLoadReport): void;
  /** A copy on the local disk is not used, and why; unless another process has it, it is made anew. */
  copyDoubted?(report: { readonly partition: number; readonly doubt: Doubt }): void;
  /** The disk failed a copy: the task goes on without one, or the copy waits until there is room. */
  copyFailed?(report: { readonly partition: number; readonly error: unknown; readonly waits: boolean }): void;
  /** A piece of a changelog was applied. */
  restoring?(progress: RestoreProgress): void;
  restored?(report: RestoreReport): void;
  failed?(error: unknown, action: string): void;
  log?(message: string, details?: Readonly<Record<string, unknown>>): void;
}
