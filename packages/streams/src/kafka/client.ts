// Everything a worker needs of Kafka, connected: three wires, because a broker serves the requests of one connection
// in order and a join, a long poll or a restore would hold up the commits behind it. Standbys have a fourth.

import { StreamsConfigError, StreamsError } from "../errors.ts";
import { readPositionMetadata } from "../worker/position-metadata.ts";
import type { Stage } from "../worker/stage.ts";
import { changelogTopic } from "../worker/task.ts";
import { connectAdmin } from "./admin.ts";
import { ChangelogReader } from "./changelog-reader.ts";
import type { Compression } from "./compression.ts";
import { Fetcher, type FetcherOptions } from "./fetcher.ts";
import { GroupMember } from "./group-member.ts";
import { PerTaskSenders } from "./per-task-senders.ts";
import type {
  ChangelogSource,
  GroupMembership,
  PositionReader,
  RecordLimits,
  RecordSource,
  StandbySource,
  TopicPartition,
  TransactionalSender,
} from "./ports.ts";
import { CommittedPositions } from "./position-reader.ts";
import { TopicLimits } from "./topic-limits.ts";
import { TransactionalProducer } from "./transactional-producer.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** How a stage reaches Kafka; times in milliseconds. */
export interface StreamsClientOptions extends Omit<WireOptions, "clientId"> {
  /**
   * Names this process's place in the deployment (a pod's stable name). Makes the group membership static and the
   * transactional id stable, so that a quick restart neither rebalances nor waits. No two live processes may share it.
   */
  readonly instanceId: string;
  /** How long the group waits for a silent member. Default 15,000. */
  readonly sessionTimeoutMs?: number;
  /** Default a fifth of the session time-out. */
  readonly heartbeatIntervalMs?: number;
  /**
   * Whether an orderly stop tells the group, which then rebalances at once and again when this member is back. False: its
   * partitions wait for its restart, or for the session time-out. Default true.
   */
  readonly leavesOnStop?: boolean;
  /** How long a rebalance waits for members to finish what they hold. Default 30,000. */
  readonly rebalanceTimeoutMs?: number;
  /** Default 10,000; must be below the session time-out, or a commit could end after its member was given up. */
  readonly transactionTimeoutMs?: number;
  readonly fetch?: FetcherOptions;
  /** How batches are packed. Default `none`. */
  readonly compression?: Compression;
  /**
   * What one atomic commit covers: all tasks of the process, by one producer, or each task by one of its own, which
   * costs three requests a task and isolates its failures. Default `per-process`.
   */
  readonly producers?: "per-process" | "per-task";
  /**
   * How many members beside its owner keep a warm copy of a partition's state, so that a failover restores nothing. The
   * same for all members of the group. Costs the memory of the copy, and a read of the changelogs. Default 0.
   */
  readonly standbyReplicas?: number;
}

/** The same, apart from where the cluster is. */
export type StreamsClientSettings = Omit<StreamsClientOptions, "brokers">;

/** The ports of a worker, connected. */
export interface StreamsClient {
  readonly transactionalId: string;
  readonly member: GroupMembership;
  readonly source: RecordSource;
  readonly positions: PositionReader;
  readonly changelogs: ChangelogSource;
  /** Reads changelogs of others; undefined where no standbys are kept. */
  readonly standby?: StandbySource | undefined;
  /** How large records of the stage's topics may be, from the first opened sender on; undefined for what Kafka's topics take. */
  readonly limits?: RecordLimits | undefined;
  /** After so long the coordinator ends a transaction that is open; undefined where nothing does. */
  readonly transactionTimeoutMs?: number | undefined;
  /** A fresh transactional producer; fences and aborts whatever the last one left. */
  openSender(): Promise<TransactionalSender>;
  /** Ends open transactions of former owners of these partitions. */
  fenceWriters(partitions: readonly TopicPartition[]): Promise<void>;
  /** Interrupts a wait for records. */
  interrupt(): void;
  close(): Promise<void>;
}

/** Every topic a stage reads and writes. */
export const topicsOf = (stage: Stage) => {
  const inputs = [...new Set(stage.handlers.map(({ topic }) => topic.name))];
  const outputs = [
    ...new Set([...stage.handlers.flatMap(({ emits }) => emits.map(({ name }) => name)), stage.deadLetters]),
  ];
  const stores = [...new Set(stage.handlers.flatMap((handler) => handler.stores.map(({ name }) => name)))];
  return { inputs, outputs, changelogs: stores.map((store) => changelogTopic(stage.service, store)) };
};

/**
 * Compacted, in segments of 32 MiB. Kafka's cleaner leaves the newest segment alone, so its size bounds how much of what
 * was overwritten a restore must read; by default it is 1 GiB.
 */
const changelogConfigs = { "cleanup.policy": "compact", "segment.bytes": String(32 * 1024 * 1024) };

/** Creates the stage's changelogs, with as many partitions and replicas as its input has. */
const createChangelogs = async (
  options: WireOptions,
  wire: Wire,
  input: string,
  changelogs: readonly string[],
): Promise<void> => {
  if (changelogs.length === 0) return;
  const admin = await connectAdmin(options);
  try {
    await admin.createTopics(
      changelogs.map((name) => ({
        name,
        partitions: wire.partitionCount(input),
        replicationFactor: wire.replicationFactor(input),
        configs: changelogConfigs,
      })),
    );
  } finally {
    await admin.close();
  }
};

const checkCoPartitioning = (wire: Wire, topics: readonly string[]): void => {
  const [first = "", ...others] = topics;
  const expected = wire.partitionCount(first);
  const faults = others
    .filter((topic) => wire.partitionCount(topic) !== expected)
    .map(
      (topic) =>
        `${topic} has ${wire.partitionCount(topic)} partitions, but ${first} has ${expected}: they must be the same.`,
    );
  if (faults.length > 0) throw new StreamsConfigError(faults);
};

const checkTimeouts = (
  sessionTimeoutMs: number,
  transactionTimeoutMs: number,
  heartbeatIntervalMs: number,
): void => {
  const faults: string[] = [];
  if (transactionTimeoutMs >= sessionTimeoutMs) {
    faults.push(
      `transactionTimeoutMs ${transactionTimeoutMs} must be below sessionTimeoutMs ${sessionTimeoutMs}.`,
    );
  }
  if (heartbeatIntervalMs * 2 > sessionTimeoutMs) {
    faults.push(
      `heartbeatIntervalMs ${heartbeatIntervalMs} must be at most half of sessionTimeoutMs ${sessionTimeoutMs}.`,
    );
  }
  if (faults.length > 0) throw new StreamsConfigError(faults);
};

/** The wires of a client. */
export interface Wires {
  readonly group: Wire;
  readonly fetch: Wire;
  readonly commit: Wire;
  /** For standbys, where they are kept. */
  readonly standby?: Wire;
}

/** Opens the wires, the one for standbys only where they are kept, or none. */
const openWires = async (
  optionsFor: (purpose: string) => WireOptions,
  keepsStandbys: boolean,
): Promise<Wires> => {
  const purposes = ["group", "fetch", "commit", ...(keepsStandbys ? ["standby"] : [])];
  const settled = await Promise.allSettled(purposes.map((purpose) => Wire.connect(optionsFor(purpose))));
  const wires = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = settled.find((result) => result.status === "rejected");
  const [group, fetch, commit, standby] = wires;
  if (failed === undefined && group && fetch && commit)
    return { group, fetch, commit, ...(standby === undefined ? {} : { standby }) };
  await Promise.all(wires.map((wire) => wire.close()));
  throw failed?.reason;
};

const createdWithinMs = 10_000;
const createdPollMs = 50;

/** Loads topics that were created a moment ago: the broker that is asked may not have heard of them yet. */
const loadCreated = async (wire: Wire, topics: readonly string[]): Promise<void> => {
  const deadline = wire.clock.now() + createdWithinMs;
  for (;;) {
    try {
      return await wire.loadTopics(topics);
    } catch (error) {
      const isMissing = error instanceof StreamsError && error.code === "STREAMS_TOPIC_MISSING";
      if (!isMissing || wire.clock.now() > deadline) throw error;
      await wire.clock.delay(createdPollMs);
    }
  }
};

/** Loads the stage's topics, creates its changelogs, and checks that all of them fit together. */
const prepareTopics = async (stage: Stage, wires: Wires, adminOptions: WireOptions): Promise<void> => {
  const { inputs, outputs, changelogs } = topicsOf(stage);
  await Promise.all([
    wires.group.loadTopics(inputs),
    wires.fetch.loadTopics(inputs),
    wires.commit.loadTopics([...inputs, ...outputs]),
  ]);
  checkCoPartitioning(wires.commit, [...inputs, ...outputs]);
  await createChangelogs(adminOptions, wires.commit, inputs[0] ?? "", changelogs);
  await loadCreated(wires.commit, changelogs);
  if (wires.standby !== undefined) await loadCreated(wires.standby, changelogs);
  checkCoPartitioning(wires.commit, [...inputs, ...changelogs]);
};

interface ResolvedOptions {
  readonly groupId: string;
  readonly groupInstanceId: string;
  readonly transactionalId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly leavesOnStop: boolean;
  readonly compression: Compression;
  readonly standbyReplicas: number;
}

const resolveOptions = (stage: Stage, options: StreamsClientSettings): ResolvedOptions => {
  const {
    instanceId,
    sessionTimeoutMs = 15_000,
    transactionTimeoutMs = 10_000,
    rebalanceTimeoutMs = 30_000,
  } = options;
  const heartbeatIntervalMs = options.heartbeatIntervalMs ?? Math.floor(sessionTimeoutMs / 5);
  checkTimeouts(sessionTimeoutMs, transactionTimeoutMs, heartbeatIntervalMs);
  return {
    groupId: stage.service,
    groupInstanceId: instanceId,
    transactionalId: `${stage.service}-${instanceId}`,
    topics: topicsOf(stage).inputs,
    sessionTimeoutMs,
    transactionTimeoutMs,
    rebalanceTimeoutMs,
    heartbeatIntervalMs,
    leavesOnStop: options.leavesOnStop ?? true,
    compression: options.compression ?? "none",
    standbyReplicas: options.standbyReplicas ?? 0,
  };
};

/** A standby is in no hurry, and applies a chunk in one go: small ones leave room for the records of the worker. */
const standbyFetch: FetcherOptions = {
  maxWaitMs: 500,
  partitionBytesMax: 1 << 18,
  prefetchBytesMax: 1 << 19,
};

/** The ports over the wires. */
class KafkaStreamsClient implements StreamsClient {
  readonly transactionalId: string;
  readonly member: GroupMember;
  readonly source: Fetcher;
  readonly positions: PositionReader;
  readonly changelogs: ChangelogReader;
  readonly standby: Fetcher | undefined;
  readonly limits: TopicLimits | undefined;
  readonly transactionTimeoutMs: number;
  readonly #wires: Wires;
  readonly #resolved: ResolvedOptions;
  readonly #committed: CommittedPositions;
  readonly #perTask: PerTaskSenders | undefined;

  constructor(
    wires: Wires,
    resolved: ResolvedOptions,
    { fetch, log, producers }: StreamsClientSettings,
    limits?: TopicLimits,
  ) {
    this.#wires = wires;
    this.#resolved = resolved;
    this.limits = limits;
    this.transactionalId = resolved.transactionalId;
    this.transactionTimeoutMs = resolved.transactionTimeoutMs;
    this.source = new Fetcher(wires.fetch, fetch);
    this.standby = wires.standby && new Fetcher(wires.standby, standbyFetch);
    const logged = log === undefined ? {} : { log };
    this.member = new GroupMember(wires.group, {
      ...resolved,
      standbyReplicas: this.standby === undefined ? 0 : resolved.standbyReplicas,
      onChange: () => this.interrupt(),
      ...logged,
    });
    this.#committed = new CommittedPositions(wires.commit, {
      ...resolved,
      writerOf: (metadata) => readPositionMetadata(metadata)?.writer,
      ...logged,
    });
    this.#perTask =
      producers === "per-task"
        ? new PerTaskSenders(
            wires.commit,
            { ...resolved, limits, transactionalId: `${resolved.groupId}-task` },
            this.#committed,
          )
        : undefined;
    this.positions = this.#perTask ?? this.#committed;
    this.changelogs = new ChangelogReader(wires.commit);
  }

  async openSender(): Promise<TransactionalSender> {
    await this.limits?.refresh();
    const options = { ...this.#resolved, limits: this.limits };
    return this.#perTask?.renew() ?? TransactionalProducer.open(this.#wires.commit, options);
  }

  fenceWriters(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#committed.fenceWriters(partitions);
  }

  interrupt(): void {
    this.source.interrupt();
  }

  async close(): Promise<void> {
    this.source.close();
    this.standby?.close();
    await Promise.all(Object.values(this.#wires).map((wire: Wire) => wire.close()));
  }
}

/** The same client on wires that are connected already, to topics that are there and loaded: the broker in memory. */
export const streamsOver = (stage: Stage, wires: Wires, options: StreamsClientSettings): StreamsClient =>
  new KafkaStreamsClient(wires, resolveOptions(stage, options), options);

/**
 * Connects a stage to Kafka and creates its changelog topics where they are missing.
 *
 * @throws StreamsConfigError when topics or time-outs contradict each other; StreamsError when the cluster is unreachable
 */
export const connectStreams = async (stage: Stage, options: StreamsClientOptions): Promise<StreamsClient> => {
  const resolved = resolveOptions(stage, options);
  const optionsFor = (purpose: string): WireOptions => ({
    ...options,
    clientId: `${resolved.transactionalId}-${purpose}`,
  });
  const keepsStandbys = resolved.standbyReplicas > 0 && topicsOf(stage).changelogs.length > 0;
  const wires = await openWires(optionsFor, keepsStandbys);
  try {
    await prepareTopics(stage, wires, optionsFor("admin"));
  } catch (error) {
    await Promise.all(Object.values(wires).map((wire: Wire) => wire.close()));
    throw error;
  }
  const { outputs, changelogs } = topicsOf(stage);
  return new KafkaStreamsClient(
    wires,
    resolved,
    options,
    new TopicLimits(wires.commit, [...outputs, ...changelogs]),
  );
};
