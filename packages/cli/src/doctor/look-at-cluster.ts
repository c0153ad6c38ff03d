// Facts of the cluster, at two moments: what does not move between them stands still.

import { setTimeout as delay } from "node:timers/promises";
import { allTopics, headerNames, topics as pipelineTopics, serviceNames } from "@riffle/contracts";
import { ClusterInspector, CommittedReader, type GroupFacts, type WireOptions } from "@riffle/streams/kafka";
import { topicFaults } from "../cluster-topics.ts";
import { lastHeader } from "../dead-letters/dead-letter.ts";
import { readTopics } from "../found-topics.ts";
import type {
  ClusterState,
  GroupMember,
  GroupState,
  HeldTransaction,
  PartitionHealth,
  PartitionState,
} from "./facts.ts";
import { sampleOf } from "./key-sample.ts";
import { lookAtProcesses, type ProcessFacts } from "./look-at-processes.ts";

/** How to look. */
export interface LookOptions {
  readonly kafka: WireOptions;
  /** Between the two moments. */
  readonly betweenMs: number;
  /** Groups beside those of the services. */
  readonly groups: readonly string[];
  /** Shows keys whole; else masked. */
  readonly shownKey: (key: Uint8Array | null) => string;
  /** Records that wait in a partition from which on its newest are looked at. */
  readonly sampleFromLag: number;
}

type Offsets = ReadonlyMap<string, number>;

interface Log {
  readonly start: number;
  readonly stable: number;
  readonly end: number;
}

/** One moment. */
interface Moment {
  readonly atMs: number;
  readonly groups: readonly (GroupFacts & { readonly committed: Offsets })[];
  readonly logs: ReadonlyMap<string, Log>;
  readonly processes: ReadonlyMap<string, ProcessFacts>;
}

/** Newest records of a partition that are looked at. */
const sampleRecords = 500;

export const lookAtCluster = async (options: LookOptions): Promise<ClusterState> => {
  const inspector = await ClusterInspector.connect(options.kafka);
  const reader = await CommittedReader.connect({ ...options.kafka, topics: [] });
  try {
    const existing = new Set(await inspector.listTopics());
    const { brokers, features } = await inspector.cluster();
    const first = await lookOnce(inspector, options, existing);
    await delay(options.betweenMs);
    const second = await lookOnce(inspector, options, existing);
    const groups = second.groups.map((group) => groupState(group, first, second));
    return {
      brokers: brokers.length,
      transactionVersion: features["transaction.version"] ?? 0,
      partitions: await partitionHealth(inspector, existing),
      topicFaults: topicFaults(allTopics, await readTopics(inspector)),
      groups: await Promise.all(groups.map((group) => withSamples(group, reader, options))),
      transactions: await heldTransactions(inspector, first, second),
      nowMs: second.atMs,
      betweenMs: second.atMs - first.atMs,
    };
  } finally {
    await reader.close();
    await inspector.close();
  }
};

const nameOf = (topic: string, partition: number): string => `${topic}/${partition}`;

const lookOnce = async (
  inspector: ClusterInspector,
  options: LookOptions,
  existing: ReadonlySet<string>,
): Promise<Moment> => {
  const names = [...serviceNames.filter((name) => name !== "ingest"), ...options.groups];
  const processes = lookAtProcesses();
  const described = await inspector.describeGroups(names);
  const groups = await Promise.all(
    described.map(async (group) => {
      const committed = await inspector.committedOffsets(group.groupId);
      return {
        ...group,
        committed: new Map(
          committed.map(({ topic, partition, offset }) => [nameOf(topic, partition), offset]),
        ),
      };
    }),
  );
  const inputs = groups.flatMap(inputsOf);
  const topics = new Set(
    [...allTopics.map(({ name }) => name), ...inputs].filter((name) => existing.has(name)),
  );
  const logs = new Map<string, Log>();
  for (const topic of topics)
    for (const { partition, ...log } of await inspector.logs(topic)) logs.set(nameOf(topic, partition), log);
  return { atMs: Date.now(), groups, logs, processes: await processes };
};

/** What a service reads first; a group that never ran has committed nothing that says so. */
const firstInputs: ReadonlyMap<string, string> = new Map([
  ["filter", pipelineTopics.transactionsReceived.name],
  ["aggregator", pipelineTopics.transactionsScreened.name],
  ["fraud-detector", pipelineTopics.transactionsScreened.name],
  ["notifier", pipelineTopics.alerts.name],
  ["console", pipelineTopics.alerts.name],
]);

/** Topics that a group reads: those it has committed, and those its members were given. */
const inputsOf = ({ groupId, committed, members }: Moment["groups"][number]): string[] => {
  const found = new Set([
    ...[...committed.keys()].map((name) => name.slice(0, name.lastIndexOf("/"))),
    ...members.flatMap(({ assignment }) => Object.keys(assignment)),
  ]);
  const first = firstInputs.get(groupId);
  return found.size === 0 && first !== undefined ? [first] : [...found];
};

const groupState = (group: Moment["groups"][number], first: Moment, second: Moment): GroupState => {
  const before = first.groups.find(({ groupId }) => groupId === group.groupId);
  const partitions = inputsOf(group).flatMap((topic) =>
    [...second.logs].flatMap(([name, log]) => {
      if (name.slice(0, name.lastIndexOf("/")) !== topic) return [];
      const logBefore = first.logs.get(name) ?? log;
      const committed = group.committed.get(name) ?? log.start;
      return [
        {
          topic,
          partition: Number(name.slice(name.lastIndexOf("/") + 1)),
          committedBefore: before?.committed.get(name) ?? logBefore.start,
          committed,
          stable: log.stable,
          endBefore: logBefore.end,
          end: log.end,
        } satisfies PartitionState,
      ];
    }),
  );
  return {
    group: group.groupId,
    state: group.state,
    stateBefore: before?.state ?? group.state,
    members: group.members.map((member) => memberOf(group, member, first, second)),
    partitions,
  };
};

const memberOf = (
  { groupId, members }: GroupFacts,
  { instanceId, clientId, host, assignment }: GroupFacts["members"][number],
  first: Moment,
  second: Moment,
): GroupMember => {
  // The port of this machine says which service it is, and not which replica.
  const process = members.length === 1 ? second.processes.get(groupId) : undefined;
  const before = first.processes.get(groupId)?.cpuSeconds;
  const cpuShare =
    process?.cpuSeconds === undefined || before === undefined
      ? undefined
      : ((process.cpuSeconds - before) * 1000) / Math.max(1, second.atMs - first.atMs);
  return {
    name: `${instanceId ?? clientId}@${host}`,
    assigned: Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => nameOf(topic, partition)),
    ),
    ...(cpuShare === undefined ? {} : { cpuShare }),
    ...(process?.notReady === undefined ? {} : { notReady: process.notReady }),
  };
};

/** The two partitions of the group that are the furthest behind, with the newest and the oldest of what waits there. */
const withSamples = async (
  group: GroupState,
  reader: CommittedReader,
  { sampleFromLag, shownKey }: LookOptions,
): Promise<GroupState> => {
  const waiting = ({ stable, committed }: PartitionState): number => stable - committed;
  const furthest = group.partitions
    .filter((partition) => waiting(partition) > 0)
    .toSorted((a, b) => waiting(b) - waiting(a))
    .slice(0, 2);
  const total = group.partitions.reduce((sum, partition) => sum + Math.max(0, waiting(partition)), 0);
  if (total < sampleFromLag || furthest.length === 0) return group;
  await reader.load([...new Set(furthest.map(({ topic }) => topic))]);
  const sampled = new Map<PartitionState, PartitionState>();
  for (const partition of furthest) {
    const { committed, stable } = partition;
    const keys: (Uint8Array | null)[] = [];
    let oldestReceivedMs: number | undefined;
    await reader.read(
      partition,
      ({ headers }) => {
        const text = lastHeader(headers, headerNames.receivedAt);
        if (oldestReceivedMs === undefined && text !== undefined && /^\d{1,15}$/.test(text))
          oldestReceivedMs = Number(text);
      },
      { fromOffset: committed, toOffset: Math.min(stable, committed + 1) },
    );
    const fromOffset = Math.max(committed, stable - sampleRecords);
    await reader.read(
      partition,
      ({ offset, key }) => {
        if (offset >= fromOffset) keys.push(key);
      },
      { fromOffset, toOffset: stable },
    );
    const sample = sampleOf(keys, shownKey);
    sampled.set(partition, {
      ...partition,
      ...(sample === undefined ? {} : { sample }),
      ...(oldestReceivedMs === undefined ? {} : { oldestReceivedMs }),
    });
  }
  return { ...group, partitions: group.partitions.map((partition) => sampled.get(partition) ?? partition) };
};

/** Transactions that were open at both moments. */
const heldTransactions = async (
  inspector: ClusterInspector,
  first: Moment,
  second: Moment,
): Promise<HeldTransaction[]> => {
  const held = [...second.logs].filter(([name, { stable, end }]) => {
    const before = first.logs.get(name);
    return stable < end && before !== undefined && before.stable === stable && before.end > before.stable;
  });
  const partitions = held.map(([name]) => ({
    topic: name.slice(0, name.lastIndexOf("/")),
    partition: Number(name.slice(name.lastIndexOf("/") + 1)),
  }));
  const open = await inspector.openTransactions(partitions);
  return open.flatMap(
    ({ topic, partition, startOffset, producerId, transactionalId, startedAtMs, timeoutMs }) => {
      const log = second.logs.get(nameOf(topic, partition));
      // Only the first one holds readers up.
      if (log === undefined || log.stable !== startOffset) return [];
      const ageMs = startedAtMs === undefined ? undefined : Math.max(0, Date.now() - startedAtMs);
      return [
        {
          topic,
          partition,
          startOffset,
          held: log.end - startOffset,
          producerId,
          transactionalId,
          ageMs,
          timeoutMs,
        },
      ];
    },
  );
};

const partitionHealth = async (
  inspector: ClusterInspector,
  existing: ReadonlySet<string>,
): Promise<PartitionHealth[]> => {
  const services = serviceNames.map((name) => `${name}-`);
  const names = [...existing].filter(
    (name) =>
      allTopics.some((topic) => topic.name === name) ||
      (name.endsWith("-changelog") && services.some((service) => name.startsWith(service))),
  );
  const configs = await inspector.topicConfigs(names, ["min.insync.replicas"]);
  return (await inspector.describeTopics(names)).flatMap(({ name, partitions }) =>
    partitions.map(({ partition, leader, replicas, inSync }) => ({
      topic: name,
      partition,
      leader,
      replicas: replicas.length,
      inSync: inSync.length,
      inSyncMin: Number(configs.get(name)?.get("min.insync.replicas") ?? 1),
    })),
  );
};
