// The ports: what the engine needs of a Kafka client, as narrow as it needs it.
//
// The worker and its tests know these, never the classes behind them.

import type { ChangelogFacts } from "../state/checkpoint.ts";
import type { OutgoingRecord, RawRecord } from "../worker/record.ts";
import type { TopicPartition } from "./protocol/request.ts";
import type { CommitOffset, GroupFence } from "./protocol/txn-offset-commit.ts";

export type { TopicPartition } from "./protocol/request.ts";
export type { CommitOffset, GroupFence } from "./protocol/txn-offset-commit.ts";

/** What one atomic commit makes visible together, or not at all. */
export interface AtomicCommit {
  readonly records: readonly OutgoingRecord[];
  readonly offsets: readonly CommitOffset[];
  /** Who commits the offsets, pinned when their records were fetched. */
  readonly fence: GroupFence;
}

/**
 * Offset after the last record that a commit wrote to a partition, by `topic/partition`. A partition may be missing
 * though it was written to: the broker does not say where a batch lies that it had already.
 */
export type CommittedEnds = ReadonlyMap<string, number>;

/** How large batches may be. */
export interface RecordLimits {
  /** Largest batch that the topic takes, in bytes, its header included: Kafka's `max.message.bytes`. */
  batchBytesMax(topic: string): number;
}

/** A producer with a transactional id. After any error it must be discarded and another opened. */
export interface TransactionalSender {
  commit(commit: AtomicCommit): Promise<CommittedEnds>;
}

/** A share of the group's partitions, valid for one generation. */
export interface Membership {
  readonly fence: GroupFence;
  /** Partition numbers, the same in every input topic. */
  readonly partitions: readonly number[];
  /** Partition numbers that it is to keep a warm copy of; others own them. */
  readonly standby?: readonly number[];
  /**
   * Whether this member was in every generation since its last membership, so that nobody else can have owned a
   * partition that it still has. Otherwise the state it holds may be out of date.
   */
  readonly continuous: boolean;
}

/** What happened to a membership since it was joined. */
export type MembershipState =
  | "held"
  /** The group is changing: finish, commit, join again. */
  | "rebalancing"
  /** Another owner may exist already: drop everything, join again. */
  | "lost"
  /** Another process joined under this member's name. */
  | "replaced";

/** A member of the consumer group. */
export interface GroupMembership {
  /** Joins or re-joins, keeping `owned` partitions, and those it stands by for, where it can. */
  join(owned: readonly number[], standby?: readonly number[]): Promise<Membership>;
  readonly state: MembershipState;
  leave(): Promise<void>;
}

/** Records of one partition, as far as one fetch covered it. */
export interface FetchedChunk extends TopicPartition {
  readonly records: readonly RawRecord[];
  /** Offset after everything the fetch covered: markers and aborted records included. */
  readonly nextOffset: number;
  readonly bytes: number;
}

/** Reads partitions ahead of the worker. */
export interface RecordSource {
  /** Reads the partition from the offset on, forgetting what was read of it before. */
  assign(partition: TopicPartition, offset: number): void;
  unassign(partition: TopicPartition): void;
  /** The next chunk of any partition in turn; undefined when none came within `waitMs`. */
  next(waitMs: number): Promise<FetchedChunk | undefined>;
  /** Whether a chunk is ready now. */
  readonly ready: boolean;
  /** Records between the last chunk taken and the end of the partition; undefined before the first fetch. */
  lag(partition: TopicPartition): number | undefined;
  /**
   * Records between the last stable offset and the end of the partition: of open transactions, and behind them. Undefined
   * before the first fetch.
   */
  undecided?(partition: TopicPartition): number | undefined;
  /**
   * Clock time at which the chunks taken so far were all that was decided of the partition, epoch milliseconds: of the
   * last fetch that reached the last stable offset. Undefined before the first, and while a chunk waits.
   */
  coveredAtMs(partition: TopicPartition): number | undefined;
}

/** Reads changelogs of partitions that others own, to their ends and on. */
export interface StandbySource extends RecordSource {
  interrupt(): void;
}

/** Where a partition's processing stands, as the last atomic commit left it. */
export interface StoredPosition extends TopicPartition {
  /** Next offset to process. */
  readonly offset: number;
  readonly metadata: string;
}

/** Reads where to begin. */
export interface PositionReader {
  /** Positions that no open transaction can still move; a partition never committed starts at the log's start. */
  read(partitions: readonly TopicPartition[]): Promise<StoredPosition[]>;
}

/** How far a replay has come. */
export interface ReplayProgress {
  /** Records applied so far. */
  readonly records: number;
  readonly fromOffset: number;
  readonly nextOffset: number;
  /** Where it will end. */
  readonly endOffset: number;
}

/** Where a replay begins, and who is told of it. */
export interface ReplayOptions {
  /** Default the start of the log. */
  readonly fromOffset?: number;
  /** Nothing is fetched from it on. Default the end that the log has when the replay begins. */
  readonly toOffset?: number;
  /**
   * The end of the log as {@link ChangelogSource.describe} told it, if that was asked after the former owner was fenced: what
   * comes behind it cannot be committed. It saves asking again. Default the end that the log has when the replay begins.
   */
  readonly endOffset?: number;
  /** Called after each piece, and awaited. */
  readonly onProgress?: (progress: ReplayProgress) => void | Promise<void>;
}

/** A finished replay. */
export interface Replayed {
  /** How many records were applied. */
  readonly records: number;
  readonly fromOffset: number;
  /** Next offset to read. */
  readonly nextOffset: number;
}

/** Rebuilds state. */
export interface ChangelogSource {
  /** What the log is and how far it reaches now. */
  describe(partition: TopicPartition): Promise<ChangelogFacts>;
  /**
   * Applies every committed record from the start of the partition, or from an offset, to the end it has now.
   * @param onStall called when an open transaction has blocked the end for a while
   */
  replay(
    partition: TopicPartition,
    apply: (record: RawRecord) => void,
    onStall: () => Promise<void>,
    options?: ReplayOptions,
  ): Promise<Replayed>;
}
