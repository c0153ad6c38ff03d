// A span for each atomic commit, linked to the traces of the records it covers: around the ports of the client, so that
// the engine knows nothing of traces. Used only where traces are switched on.

import { headerNames } from "@riffle/contracts";
import type { StreamsClient } from "@riffle/streams/kafka";
import { readTraceparent, type Tracing } from "../tracing.ts";

type Source = StreamsClient["source"];
type Sender = Awaited<ReturnType<StreamsClient["openSender"]>>;
type Chunk = NonNullable<Awaited<ReturnType<Source["next"]>>>;

/** A commit of thousands is linked to some of its traces; each trace says at which commit it stands by its times. */
const linksMax = 64;

/** The client, with its commits traced. */
export const tracedClient = (client: StreamsClient, tracing: Tracing): StreamsClient => {
  const taken = new TakenTraces();
  return {
    transactionalId: client.transactionalId,
    member: client.member,
    positions: client.positions,
    changelogs: client.changelogs,
    standby: client.standby,
    limits: client.limits,
    source: tracedSource(client.source, taken),
    openSender: async () => {
      taken.clear();
      return tracedSender(await client.openSender(), taken, tracing);
    },
    fenceWriters: (partitions) => client.fenceWriters(partitions),
    interrupt: () => client.interrupt(),
    close: () => client.close(),
  };
};

/** The recorded traces of what was taken since the last commit. */
class TakenTraces {
  readonly #byPartition = new Map<string, string[]>();
  #count = 0;

  take({ topic, partition, records }: Chunk): void {
    for (const { headers } of records) {
      if (this.#count >= linksMax) return;
      const header = headers.find(([name]) => name === headerNames.traceparent)?.[1];
      const traceparent = header === null || header === undefined ? "" : Buffer.from(header).toString("utf8");
      if (readTraceparent(traceparent)?.sampled !== true) continue;
      const key = `${topic}/${partition}`;
      this.#byPartition.set(key, [...(this.#byPartition.get(key) ?? []), traceparent]);
      this.#count++;
    }
  }

  /** What was taken of a partition that is given up is another commit's. */
  drop(topic: string, partition: number): void {
    const key = `${topic}/${partition}`;
    this.#count -= this.#byPartition.get(key)?.length ?? 0;
    this.#byPartition.delete(key);
  }

  clear(): string[] {
    const all = [...this.#byPartition.values()].flat();
    this.#byPartition.clear();
    this.#count = 0;
    return all;
  }
}

const tracedSource = (source: Source, taken: TakenTraces): Source => ({
  assign: (partition, offset) => source.assign(partition, offset),
  unassign: (partition) => {
    taken.drop(partition.topic, partition.partition);
    source.unassign(partition);
  },
  next: async (waitMs) => {
    const chunk = await source.next(waitMs);
    if (chunk !== undefined) taken.take(chunk);
    return chunk;
  },
  lag: (partition) => source.lag(partition),
  coveredAtMs: (partition) => source.coveredAtMs(partition),
  undecided: (partition) => source.undecided?.(partition),
  get ready() {
    return source.ready;
  },
});

const tracedSender = (sender: Sender, taken: TakenTraces, tracing: Tracing): Sender => ({
  commit: async (commit) => {
    const links = taken.clear();
    if (links.length === 0) return sender.commit(commit);
    const attributes = {
      "riffle.records": commit.records.length,
      "riffle.partitions": commit.offsets.length,
    };
    const span = tracing.begin({ name: "atomic commit", links, attributes });
    try {
      const ends = await sender.commit(commit);
      span.end();
      return ends;
    } catch (error) {
      span.end({ error: error instanceof Error ? error.name : "error" });
      throw error;
    }
  },
});
