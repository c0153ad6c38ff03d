// What the notifier did and does, as it lies in topics: outcomes, alerts, the states of endpoints and what is owed.
//
//   N1. What is read is committed, and read to the end that the log had when the reading began.

import {
  type Alert,
  changelogTopicName,
  type EndpointState,
  type Notification,
  readEndpointState,
  type Topic,
  topics,
} from "@riffle/contracts";
import type { RawRecord } from "@riffle/streams";
import { CommittedReader, connectAdmin, type WireOptions } from "@riffle/streams/kafka";
import { CliError } from "../errors.ts";

/** An outcome, and the event time of the alert. */
export interface RecordedNotification {
  readonly notification: Notification;
  readonly timestampMs: number;
}

/** An endpoint in one partition of the notifier. */
export interface PartitionEndpoint {
  readonly partition: number;
  readonly channel: string;
  readonly state: EndpointState;
}

const endpointsTopic = changelogTopicName("notifier", "endpoints");
const owedTopic = changelogTopicName("notifier", "owed");

/** Reads the notifier's topics. */
export class NotifierLog {
  readonly #reader: CommittedReader;
  readonly #known: ReadonlySet<string>;

  private constructor(reader: CommittedReader, known: ReadonlySet<string>) {
    this.#reader = reader;
    this.#known = known;
  }

  /** @throws StreamsError when the cluster is unreachable */
  static async connect(options: WireOptions): Promise<NotifierLog> {
    const admin = await connectAdmin(options);
    try {
      const known = new Set(await admin.listTopics());
      return new NotifierLog(await CommittedReader.connect({ ...options, topics: [] }), known);
    } finally {
      await admin.close();
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  /** @throws CliError CLI_TOPIC_UNKNOWN when the topic does not exist in this cluster */
  check({ name }: Topic<unknown>): void {
    if (!this.#known.has(name))
      throw new CliError("CLI_TOPIC_UNKNOWN", `${name} does not exist in this cluster; is it the right one?`);
  }

  /** How many partitions a topic has. */
  async partitionCount({ name }: Topic<unknown>): Promise<number> {
    await this.#reader.load([name]);
    return this.#reader.partitionCount(name);
  }

  /** Calls `visit` with every outcome, those of one account in their order. */
  async eachNotification(visit: (recorded: RecordedNotification) => void): Promise<void> {
    this.check(topics.notifications);
    await this.#each(topics.notifications.name, (record) => {
      const notification = topics.notifications.codec.decode(record.value, topics.notifications.codec.schema);
      visit({ notification, timestampMs: record.timestampMs });
    });
  }

  /** Calls `visit` with every alert that can be read. */
  async eachAlert(visit: (alert: Alert) => void): Promise<void> {
    this.check(topics.alerts);
    await this.#each(topics.alerts.name, ({ value }) => {
      const alert = readable(() => topics.alerts.codec.decode(value, topics.alerts.codec.schema));
      if (alert !== undefined) visit(alert);
    });
  }

  /** The endpoints of every partition that a notifier has run in. */
  async endpoints(): Promise<PartitionEndpoint[]> {
    const found = new Map<string, PartitionEndpoint>();
    await this.#each(endpointsTopic, ({ key, value }, partition) => {
      const channel = Buffer.from(key ?? []).toString();
      const state = value === null ? undefined : readEndpointState(value);
      if (state === undefined) found.delete(`${partition}/${channel}`);
      else found.set(`${partition}/${channel}`, { partition, channel, state });
    });
    return [...found.values()];
  }

  /** How many deliveries are owed, by channel. */
  async owed(): Promise<ReadonlyMap<string, number>> {
    const open = new Map<string, string>();
    await this.#each(owedTopic, ({ key, value }, partition) => {
      const id = `${partition}/${Buffer.from(key ?? []).toString()}`;
      if (value === null) open.delete(id);
      else open.set(id, channelOf(value));
    });
    const counts = new Map<string, number>();
    for (const channel of open.values()) counts.set(channel, (counts.get(channel) ?? 0) + 1);
    return counts;
  }

  async #each(topic: string, apply: (record: RawRecord, partition: number) => void): Promise<void> {
    if (!this.#known.has(topic)) return;
    await this.#reader.load([topic]);
    for (const range of await this.#reader.ranges(topic)) {
      if (range.start < range.end) await this.#reader.read(range, (record) => apply(record, range.partition));
    }
  }
}

const readable = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

const channelOf = (value: Uint8Array): string => {
  const owed = readable(() => JSON.parse(Buffer.from(value).toString("utf8")) as { channel?: unknown });
  return typeof owed?.channel === "string" ? owed.channel : "?";
};
