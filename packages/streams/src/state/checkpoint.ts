// The checkpoint: what a local copy of a task's state says of itself, and when that is not believed.
//
// A copy is a cache of the changelog. It holds at least everything before its offset, and nothing that was not committed;
// being ahead of its offset does no harm, for whatever follows the offset is applied again, in order, to the end.
//
//   K1. A copy is used only if every store of the task can be: one that is doubted is removed whole.
//   K2. A copy is too old at half the changelog's `delete.retention.ms`: after that time the log may have dropped the
//       tombstone of a key that the copy still holds, and the key would rise from the dead. Half, because clocks differ
//       and reading the rest takes time.
//       (test/unit/state/checkpoint.test.ts)

/** Raised when the layout of the files changes: older copies are rebuilt. */
export const checkpointFormat = 1;

/** Where one store's copy stands. */
export interface StoreCheckpoint {
  /** Next offset of the changelog to read. */
  readonly offset: number;
  /** Id of the changelog topic: one that was deleted and made again has another. */
  readonly topicId: string;
  /** Of the serde that wrote the values; empty when it has none. */
  readonly fingerprint: string;
}

/** Where a task's copy stands. */
export interface Checkpoint {
  readonly format: number;
  readonly clusterId: string;
  /** Wall clock at a commit that the copy holds, epoch milliseconds: nothing older is missing from it. */
  readonly coveredAtMs: number;
  readonly stores: Readonly<Record<string, StoreCheckpoint>>;
}

/** What is known of a changelog partition now. */
export interface ChangelogFacts {
  readonly clusterId: string;
  readonly topicId: string;
  /** First offset of the log. */
  readonly startOffset: number;
  /** Offset after the last record, open transactions included. */
  readonly endOffset: number;
  readonly deleteRetentionMs: number;
}

/** A store that is to be restored, and its changelog. */
export interface CopiedStore {
  readonly name: string;
  readonly fingerprint: string;
  readonly facts: ChangelogFacts;
}

/** Why a copy is not used. Stable: they are in logs and metrics. */
export const doubts = {
  absent: "there is none yet",
  unsealed: "the process ended while it wrote, or the seal was removed",
  damaged: "the bytes are not those that were sealed",
  unreadable: "LMDB or the serde cannot read it",
  "other-format": "another version of the engine wrote it",
  "other-stores": "the task has other stores than the copy",
  "other-serde": "a store is written in another format now",
  "other-cluster": "it was made from another cluster",
  "other-topic": "the changelog was deleted and made again",
  "offset-out-of-range": "its offset is not in the changelog",
  "too-old": "a removed key's tombstone may be gone from the changelog",
  "in-future": "it is dated later than the wall clock",
  locked: "another process has it open",
  failed: "the disk refused to read or write it",
} as const;

/** One of {@link doubts}. */
export type Doubt = keyof typeof doubts;

/** Clocks of one machine do not go back by more; a copy dated later than this tells nothing about its age. */
const clockStepMs = 60_000;

/** Why the checkpoint is not believed, if so. */
export const doubtOf = (
  checkpoint: Checkpoint,
  stores: readonly CopiedStore[],
  nowMs: number,
): Doubt | undefined => {
  if (checkpoint.format !== checkpointFormat) return "other-format";
  const names = Object.keys(checkpoint.stores).sort();
  if (
    names.join() !==
    stores
      .map(({ name }) => name)
      .sort()
      .join()
  )
    return "other-stores";
  if (checkpoint.coveredAtMs > nowMs + clockStepMs) return "in-future";
  for (const { name, fingerprint, facts } of stores) {
    const of = checkpoint.stores[name] as StoreCheckpoint;
    if (checkpoint.clusterId !== facts.clusterId) return "other-cluster";
    if (of.topicId !== facts.topicId) return "other-topic";
    if (of.fingerprint !== fingerprint) return "other-serde";
    if (of.offset < facts.startOffset || of.offset > facts.endOffset) return "offset-out-of-range";
    if (nowMs - checkpoint.coveredAtMs > facts.deleteRetentionMs / 2) return "too-old";
  }
  return undefined;
};

export const writeCheckpoint = (checkpoint: Checkpoint): string => JSON.stringify(checkpoint);

/** @returns undefined for a text that is no checkpoint */
export const readCheckpoint = (text: string): Checkpoint | undefined => {
  try {
    const read = JSON.parse(text) as Partial<Checkpoint> | null;
    const isWhole =
      typeof read?.format === "number" &&
      typeof read.clusterId === "string" &&
      Number.isFinite(read.coveredAtMs) &&
      typeof read.stores === "object" &&
      read.stores !== null &&
      Object.values(read.stores).every(
        (of) =>
          Number.isSafeInteger(of?.offset) &&
          typeof of.topicId === "string" &&
          typeof of.fingerprint === "string",
      );
    return isWhole ? (read as Checkpoint) : undefined;
  } catch {
    return undefined;
  }
};
