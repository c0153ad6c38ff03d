// A Kafka in the memory of the process, and the client on it: for tests of a stage with everything around it. The client is
// the one that runs on a real cluster, with its transactions, its group and its bytes. memory-broker.ts is the same cluster
// for other processes.
//
// It keeps nothing when the process ends, never compacts, and serves the requests of this engine's client, not of others.

import type { Topic } from "@riffle/contracts/envelope";
import { headerNames } from "@riffle/contracts/envelope";
import { systemClock } from "../clock.ts";
import { type StreamsClient, type StreamsClientSettings, streamsOver, topicsOf } from "../kafka/client.ts";
import { partitionOf } from "../kafka/partitioner.ts";
import { committedRecords } from "../kafka/read-committed.ts";
import { decodeRecordBatches, encodeRecordBatch } from "../kafka/record-batch.ts";
import { Wire } from "../kafka/wire.ts";
import type { RawRecord } from "../worker/record.ts";
import type { Stage } from "../worker/stage.ts";
import { BrokerCluster } from "./cluster.ts";
import { directNetwork, MemoryConnections } from "./connections.ts";

/** A record to send. */
export interface SentRecord<V> {
  readonly key: string;
  readonly value: V;
  /** Event time, epoch milliseconds. */
  readonly timestampMs: number;
}

const requestTimeoutMs = 8_000;
const noProducer = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };

/** Kafka in memory; close it at the end, it has timers. */
export class InMemoryKafka {
  readonly #cluster = new BrokerCluster();

  /** Creates a topic; one that exists is left as it is. */
  createTopic(name: string, partitions: number): void {
    this.#cluster.createTopic(name, partitions);
  }

  /** The client of one worker. Creates every topic of the stage that is not there, with the partitions of its first input. */
  async connect(stage: Stage, settings: StreamsClientSettings): Promise<StreamsClient> {
    const { inputs, outputs, changelogs } = topicsOf(stage);
    const [first] = stage.handlers;
    const partitions = first?.topic.partitions ?? 1;
    const topics = [...inputs, ...outputs, ...changelogs];
    for (const topic of topics) this.createTopic(topic, partitions);
    const wire = async (): Promise<Wire> => {
      const connections = new MemoryConnections(directNetwork(this.#cluster), requestTimeoutMs);
      await connections.addMultipleTargetTopics(topics);
      return Wire.over(connections, systemClock);
    };
    const [group, fetch, commit] = [await wire(), await wire(), await wire()];
    return streamsOver(stage, { group, fetch, commit }, settings);
  }

  /** Sends records, each to the partition of its key. Creates the topic where it is missing. */
  send<V>(topic: Topic<V>, ...records: readonly SentRecord<V>[]): void {
    this.createTopic(topic.name, topic.partitions);
    for (const { key, value, timestampMs } of records) {
      const bytes = Buffer.from(key);
      this.sendRaw(topic.name, partitionOf(bytes, topic.partitions), {
        key: bytes,
        value: topic.codec.encode(value),
        timestampMs,
        headers: [[headerNames.schema, Buffer.from(topic.codec.schema)]],
      });
    }
  }

  /** Sends bytes as they are: for what no codec reads. @throws TypeError when the partition does not exist */
  sendRaw(topic: string, partition: number, record: Omit<RawRecord, "offset">): void {
    const found = this.#cluster.partition({ topic, partition });
    if (found === undefined)
      throw new TypeError(`Sending to ${topic}/${partition}: there is no such partition.`);
    found.append(encodeRecordBatch([record], noProducer));
  }

  /** Everything committed in a topic, partition after partition, in offset order. */
  records(topic: string): RawRecord[] {
    return this.partitions(topic).flat();
  }

  /** The same, by partition. */
  partitions(topic: string): RawRecord[][] {
    return this.#cluster.partitionsOf(topic).map(({ log }) => {
      const { batches, aborted } = log.read(log.startOffset, Number.POSITIVE_INFINITY, true);
      const bytes = Buffer.concat(batches.map((batch) => batch.bytes));
      return committedRecords(decodeRecordBatches(bytes), aborted, log.startOffset);
    });
  }

  /** The same, decoded. */
  values<V>(topic: Topic<V>): { readonly key: string; readonly value: V; readonly timestampMs: number }[] {
    return this.records(topic.name).map(({ key, value, timestampMs, headers }) => {
      const schema = headers.find(([name]) => name === headerNames.schema)?.[1];
      return {
        key: Buffer.from(key ?? []).toString(),
        value: topic.codec.decode(value, Buffer.from(schema ?? []).toString()),
        timestampMs,
      };
    });
  }

  /**
   * Committed offsets of the stage's group in one of its inputs, by partition, -1 where it never committed; undefined
   * while an open transaction may still replace one of them.
   */
  committed(stage: Stage, topic: string): number[] | undefined {
    const partitions = this.#cluster.partitionsOf(topic).map(({ partition }) => ({ topic, partition }));
    const found = this.#cluster.group(stage.service).offsets.read(partitions, true);
    return found.some(({ errorCode }) => errorCode !== 0) ? undefined : found.map(({ offset }) => offset);
  }

  /** Records of the group's input that are not covered by a committed offset. */
  lag(stage: Stage): number {
    let lag = 0;
    for (const topic of topicsOf(stage).inputs) {
      for (const { partition, log } of this.#cluster.partitionsOf(topic)) {
        const committed = this.#cluster.group(stage.service).offsets.committed({ topic, partition });
        lag += log.highWatermark - (committed?.offset ?? log.startOffset);
      }
    }
    return lag;
  }

  close(): void {
    this.#cluster.close();
  }
}
