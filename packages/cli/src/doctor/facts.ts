// What a diagnosis is made of: facts, as they were found. No judgement here.

import type { TopicFault } from "../cluster-topics.ts";

/** Everything that was found out. */
export interface Facts {
  readonly environment: EnvironmentFacts;
  /** Variables whose value no service would take. */
  readonly variables: readonly {
    readonly service: string;
    readonly variable: string;
    readonly problem: string;
  }[];
  /** Undefined when no broker answered. */
  readonly cluster: ClusterState | undefined;
  /** Why none answered. */
  readonly unreachable: string | undefined;
}

/** The machine. */
export interface EnvironmentFacts {
  readonly nodeVersion: string;
  /** Whether a container engine answers. */
  readonly docker: boolean;
  /** Java's feature release, 17; undefined when there is none. */
  readonly javaVersion: number | undefined;
  /** Whether `start` runs a pipeline in this checkout. */
  readonly pipelineRuns: boolean;
  /** Ports that `start` needs and that somebody else listens on. */
  readonly takenPorts: readonly {
    readonly port: number;
    readonly purpose: string;
    readonly variable: string;
  }[];
}

/** The cluster at two moments. */
export interface ClusterState {
  readonly brokers: number;
  /** Level of the feature `transaction.version`; 2 is KIP-890's. */
  readonly transactionVersion: number;
  readonly partitions: readonly PartitionHealth[];
  readonly topicFaults: readonly TopicFault[];
  readonly groups: readonly GroupState[];
  readonly transactions: readonly HeldTransaction[];
  /** Wall clock of the second moment, epoch milliseconds. */
  readonly nowMs: number;
  /** Between the two moments. */
  readonly betweenMs: number;
}

/** A partition's copies. */
export interface PartitionHealth {
  readonly topic: string;
  readonly partition: number;
  /** -1 when nobody leads it. */
  readonly leader: number;
  readonly replicas: number;
  readonly inSync: number;
  /** How many a write needs. */
  readonly inSyncMin: number;
}

/** A consumer group at the second moment. */
export interface GroupState {
  readonly group: string;
  /** `Stable`, `Empty`, `Dead`, `PreparingRebalance`, `CompletingRebalance`. */
  readonly state: string;
  readonly stateBefore: string;
  readonly members: readonly GroupMember[];
  readonly partitions: readonly PartitionState[];
}

/** One member, and what is known of its process. */
export interface GroupMember {
  /** What it is called: its instance id, or its client id and host. */
  readonly name: string;
  /** Its partitions, as `topic/partition`. */
  readonly assigned: readonly string[];
  /** Share of one core that its process used between the moments, where its admin port answered. */
  readonly cpuShare?: number;
  /** Why it says that it is not ready, where its admin port answered so. */
  readonly notReady?: string;
}

/** A group's place in a partition. */
export interface PartitionState {
  readonly topic: string;
  readonly partition: number;
  /** Committed at the first and the second moment; where the log begins if it never committed. */
  readonly committedBefore: number;
  readonly committed: number;
  /** Where a read-committed reader stands still, at the second moment. */
  readonly stable: number;
  /** The end of the log at the first and the second moment. */
  readonly endBefore: number;
  readonly end: number;
  /** The newest of what waits, where it was looked at. */
  readonly sample?: KeySample;
  /** When the oldest record that waits was received, epoch milliseconds, where it was looked at. */
  readonly oldestReceivedMs?: number;
}

/** Keys of some records. */
export interface KeySample {
  readonly records: number;
  readonly keys: number;
  /** The most frequent key, as it may be shown. */
  readonly topKey: string;
  readonly topRecords: number;
}

/** A transaction that was open at both moments. */
export interface HeldTransaction {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  /** Records behind its first one, which no read-committed reader gets. */
  readonly held: number;
  readonly producerId: string;
  /** Undefined when no coordinator knows the producer. */
  readonly transactionalId: string | undefined;
  /** How long it has been open, by the coordinator. */
  readonly ageMs: number | undefined;
  readonly timeoutMs: number | undefined;
}
