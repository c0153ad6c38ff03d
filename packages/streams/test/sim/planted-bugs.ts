// Bugs that an exactly-once client must not have, each planted between the real worker, the real client and the network.
// None of them is a branch in code that ships.

import { OutcomeUnknownError } from "../../src/errors.ts";
import type { StreamsClient } from "../../src/kafka/client.ts";
import type {
  AtomicCommit,
  FetchedChunk,
  GroupMembership,
  Membership,
  RecordSource,
  StandbySource,
  TopicPartition,
  TransactionalSender,
} from "../../src/kafka/ports.ts";
import type { Exchange } from "../../src/memory-broker/connections.ts";
import type { Scenario } from "../../src/testing/simulation/scenario.ts";
import type { Tampering } from "../../src/testing/simulation/worker-process.ts";
import type { RawRecord } from "../../src/worker/record.ts";
import type { DirectedRun } from "./directed.ts";
import { failoverRun } from "./failover-run.ts";
import { secondInput, twoInputsScenario } from "./two-inputs-scenario.ts";

/** A bug and how to plant it. */
export interface PlantedBug {
  readonly name: string;
  /** The simulation finds it within so many seeds. */
  readonly withinSeeds: number;
  readonly tampering: Tampering;
  /** Where it shows. @default counts */
  readonly scenario?: Scenario;
  /** The directed runs that seek the moment which it needs. @default the general runs */
  readonly run?: DirectedRun;
}

type Commit = TransactionalSender["commit"];

/** A client of which some ports are others. */
const withPorts = (client: StreamsClient, ports: Partial<StreamsClient>): StreamsClient => ({
  transactionalId: client.transactionalId,
  member: client.member,
  source: client.source,
  positions: client.positions,
  changelogs: client.changelogs,
  standby: client.standby,
  openSender: () => client.openSender(),
  fenceWriters: (partitions) => client.fenceWriters(partitions),
  interrupt: () => client.interrupt(),
  close: () => client.close(),
  ...ports,
});

/** Every commit goes through `around`. */
const committing = (around: (commit: AtomicCommit, send: Commit) => ReturnType<Commit>): Tampering => ({
  client: (client) =>
    withPorts(client, {
      openSender: async () => {
        const sender = await client.openSender();
        return { commit: (commit) => around(commit, (given) => sender.commit(given)) };
      },
    }),
});

const withOffsets = (commit: AtomicCommit, by: number): AtomicCommit => ({
  ...commit,
  offsets: commit.offsets.map((each) => ({ ...each, offset: Math.max(0, each.offset + by) })),
});

const isChangelog = ({ topic }: TopicPartition): boolean => topic.endsWith("-changelog");
const isDeadLetter = ({ topic }: TopicPartition): boolean => topic.endsWith("dlq");

/** Two transactions: first the records that `first` holds for, without positions, then the rest. */
const split =
  (first: (record: TopicPartition) => boolean) =>
  async (commit: AtomicCommit, send: Commit): ReturnType<Commit> => {
    const early = commit.records.filter(first);
    if (early.length > 0) await send({ ...commit, records: early, offsets: [] });
    return send({ ...commit, records: commit.records.filter((record) => !first(record)) });
  };

const reading = (around: (chunk: FetchedChunk) => FetchedChunk): Tampering => ({
  client: (client) =>
    withPorts(client, {
      source: withSource(client.source, {
        next: async (waitMs) => {
          const chunk = await client.source.next(waitMs);
          return chunk === undefined ? undefined : around(chunk);
        },
      }),
    }),
});

const withSource = (source: RecordSource, ports: Partial<RecordSource>): RecordSource => ({
  assign: (partition, offset) => source.assign(partition, offset),
  unassign: (partition) => source.unassign(partition),
  next: (waitMs) => source.next(waitMs),
  lag: (partition) => source.lag(partition),
  coveredAtMs: (partition) => source.coveredAtMs(partition),
  ...ports,
  get ready() {
    return source.ready;
  },
});

const withoutTombstones = (standby: StandbySource): StandbySource => ({
  ...withSource(standby, {
    next: async (waitMs) => {
      const chunk = await standby.next(waitMs);
      return chunk && { ...chunk, records: chunk.records.filter(({ value }) => value !== null) };
    },
  }),
  coveredAtMs: (partition) => standby.coveredAtMs(partition),
  interrupt: () => standby.interrupt(),
});

const joining = (
  around: (joined: Membership, owned: readonly number[]) => Membership,
  stateOf = (state: GroupMembership["state"]) => state,
): Tampering => ({
  client: (client) =>
    withPorts(client, {
      member: {
        join: async (owned, standby) => around(await client.member.join(owned, standby), owned),
        leave: () => client.member.leave(),
        get state() {
          return stateOf(client.member.state);
        },
      },
    }),
});

/** The bytes of one API's requests are changed. */
const sending = (api: string, change: (body: Buffer) => void): Tampering => ({
  exchange: (exchange: Exchange) => {
    if (exchange.api !== api) return exchange;
    const body = Buffer.from(exchange.body);
    change(body);
    return { ...exchange, body };
  },
});

const restoring = (around: (records: RawRecord[]) => RawRecord[]): Tampering => ({
  client: (client) =>
    withPorts(client, {
      changelogs: {
        ...client.changelogs,
        replay: async (partition, apply, ...rest) => {
          const records: RawRecord[] = [];
          const result = await client.changelogs.replay(partition, (record) => records.push(record), ...rest);
          for (const record of around(records)) apply(record);
          return result;
        },
      },
    }),
});

const unfenced = { generationId: -1, memberId: "", groupInstanceId: null };

/** The bugs. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "positions are committed before outputs, in a transaction of their own",
    withinSeeds: 5,
    tampering: committing(async (commit, send) => {
      await send({ ...commit, records: [] });
      return send({ ...commit, offsets: [] });
    }),
  },
  {
    name: "outputs are committed before positions, in a transaction of their own",
    withinSeeds: 5,
    tampering: committing(async (commit, send) => {
      await send({ ...commit, offsets: [] });
      return send({ ...commit, records: [] });
    }),
  },
  {
    name: "the committed position is one too low",
    withinSeeds: 5,
    tampering: committing((commit, send) => send(withOffsets(commit, -1))),
  },
  {
    name: "the committed position is one too high",
    withinSeeds: 5,
    tampering: committing((commit, send) => send(withOffsets(commit, 1))),
  },
  {
    name: "dead letters are sent outside of the commit",
    withinSeeds: 10,
    tampering: committing(split(isDeadLetter)),
  },
  {
    name: "the changelog is written outside of the commit",
    withinSeeds: 5,
    tampering: committing(split(isChangelog)),
  },
  {
    name: "the last output of a commit is dropped",
    withinSeeds: 5,
    tampering: committing((commit, send) => send({ ...commit, records: commit.records.slice(0, -1) })),
  },
  {
    name: "a commit whose outcome is unknown is taken for done",
    withinSeeds: 100,
    tampering: committing(async (commit, send) => {
      try {
        return await send(commit);
      } catch (error) {
        if (!(error instanceof OutcomeUnknownError)) throw error;
        return undefined as unknown as Awaited<ReturnType<Commit>>;
      }
    }),
  },
  {
    name: "the producer is used again after an error",
    withinSeeds: 100,
    tampering: {
      client: (client) => {
        let sender: TransactionalSender | undefined;
        return withPorts(client, {
          openSender: async () => {
            sender ??= await client.openSender();
            return sender;
          },
        });
      },
    },
  },
  {
    name: "commits are not fenced by generation and member",
    withinSeeds: 300,
    tampering: committing((commit, send) => send({ ...commit, fence: { ...commit.fence, ...unfenced } })),
  },
  {
    name: "input is read uncommitted",
    withinSeeds: 10,
    // replica_id, max_wait_ms, min_bytes, max_bytes, then the isolation level.
    tampering: sending("Fetch", (body) => body.writeInt8(0, 16)),
  },
  {
    name: "positions are read though a transaction may still move them",
    withinSeeds: 1_000,
    // require_stable is the last byte but the tags.
    tampering: sending("OffsetFetch", (body) => body.writeInt8(0, body.length - 2)),
  },
  {
    name: "a restore ends at the last stable offset",
    withinSeeds: 1_200,
    // replica_id, then the isolation level.
    tampering: sending("ListOffsets", (body) => body.writeInt8(1, 4)),
  },
  {
    name: "a restore ends one record early",
    withinSeeds: 50,
    tampering: restoring((records) => records.slice(0, -1)),
  },
  {
    name: "tombstones are not restored",
    withinSeeds: 100,
    tampering: restoring((records) => records.filter(({ value }) => value !== null)),
  },
  {
    name: "what a standby holds is taken as it is",
    withinSeeds: 10,
    run: failoverRun,
    tampering: {
      client: (client) =>
        withPorts(client, {
          changelogs: {
            describe: (partition) => client.changelogs.describe(partition),
            replay: async (partition, apply, onStall, options) => {
              const fromOffset = options?.fromOffset;
              if (fromOffset === undefined)
                return client.changelogs.replay(partition, apply, onStall, options);
              return { records: 0, fromOffset, nextOffset: fromOffset };
            },
          },
        }),
    },
  },
  {
    name: "a standby drops tombstones",
    withinSeeds: 20,
    run: failoverRun,
    tampering: {
      client: (client) =>
        withPorts(client, {
          standby: client.standby && withoutTombstones(client.standby),
        }),
    },
  },
  {
    name: "the last record of a fetch is dropped",
    withinSeeds: 5,
    tampering: reading((chunk) => ({ ...chunk, records: chunk.records.slice(0, -1) })),
  },
  {
    name: "positions do not move past markers",
    withinSeeds: 20,
    tampering: reading((chunk) => ({
      ...chunk,
      nextOffset: (chunk.records.at(-1)?.offset ?? chunk.nextOffset - 1) + 1,
    })),
  },
  {
    name: "what was read ahead is kept after a failure",
    withinSeeds: 50,
    tampering: {
      client: (client) => {
        const assigned = new Set<string>();
        return withPorts(client, {
          source: withSource(client.source, {
            assign: (partition, offset) => {
              const name = `${partition.topic}/${partition.partition}`;
              if (assigned.has(name)) return;
              assigned.add(name);
              client.source.assign(partition, offset);
            },
            unassign: () => {},
          }),
        });
      },
    },
  },
  {
    name: "state is kept though another may have owned the partition",
    withinSeeds: 600,
    tampering: joining(
      (joined) => ({ ...joined, continuous: true }),
      (state) => (state === "lost" ? "rebalancing" : state),
    ),
  },
  {
    name: "partitions are kept that went to others",
    withinSeeds: 100,
    tampering: joining((joined, owned) => ({
      ...joined,
      partitions: [...new Set([...joined.partitions, ...owned])],
    })),
  },
  {
    name: "stream time is forgotten by a restart",
    withinSeeds: 50,
    tampering: {
      client: (client) =>
        withPorts(client, {
          positions: {
            read: async (partitions) =>
              (await client.positions.read(partitions)).map((position) => ({
                ...position,
                metadata: position.metadata.replace(/"streamTimeMs":\d+/, '"streamTimeMs":-1'),
              })),
          },
        }),
    },
  },
  {
    name: "of two inputs the position of one is left out of the commit",
    withinSeeds: 20,
    scenario: twoInputsScenario,
    tampering: committing((commit, send) =>
      send({ ...commit, offsets: commit.offsets.filter(({ topic }) => topic !== secondInput) }),
    ),
  },
  {
    name: "of two inputs one is read from its start after a restart",
    withinSeeds: 20,
    scenario: twoInputsScenario,
    tampering: {
      client: (client) =>
        withPorts(client, {
          positions: {
            read: async (partitions) =>
              (await client.positions.read(partitions)).map((position) =>
                position.topic === secondInput ? { ...position, offset: 0 } : position,
              ),
          },
        }),
    },
  },
  {
    name: "of two inputs the records of one are committed before the others'",
    withinSeeds: 20,
    scenario: twoInputsScenario,
    tampering: committing(async (commit, send) => {
      const isSecond = ({ topic }: TopicPartition): boolean => topic === secondInput;
      const [first, second] = [
        commit.offsets.filter((each) => !isSecond(each)),
        commit.offsets.filter(isSecond),
      ];
      if (second.length > 0) await send({ ...commit, records: [], offsets: second });
      return send({ ...commit, offsets: first });
    }),
  },
];
