// A cluster of brokers in memory: topics, leaders and coordinators. What it answers to requests is in requests/.
//
//   B1. What is acknowledged is on all nodes: a node that stops loses nothing, others lead and coordinate in its place.
//   B2. A request is handled whole, in one step, by the node that it reached (requests/); a node that does not lead or
//       coordinate what it is asked for says so.
//   B3. A coordinator that has just taken over is loading for a while, and knows what was written down (G4).

import { type CancelTimer, type Clock, systemClock } from "../clock.ts";
import { errorCodes } from "../kafka/protocol/errors.ts";
import type { CoordinatorKind } from "../kafka/protocol/find-coordinator.ts";
import type { ProducerIdentity } from "../kafka/protocol/init-producer-id.ts";
import type { TopicPartition } from "../kafka/protocol/request.ts";
import { ConsumerGroup } from "./consumer-group.ts";
import { FetchWaits } from "./fetch-waits.ts";
import { GroupOffsets } from "./group-offsets.ts";
import { PartitionLog } from "./partition-log.ts";
import type { Marker } from "./stored-batch.ts";
import { type Decision, type Participant, TransactionCoordinator } from "./transaction-coordinator.ts";

/** How a cluster in memory is made; times in milliseconds. */
export interface ClusterOptions {
  /** How many nodes; default 1. */
  readonly nodes?: number;
  readonly clock?: Clock;
  /** The feature `transaction.version`: 2 (KIP-890), the default, or 1. */
  readonly transactionVersion?: 1 | 2;
  /** How often transactions past their time-out are looked for. Default 10,000, as in Kafka. */
  readonly transactionScanMs?: number;
  /** How long a coordinator that has just taken over is loading. Default 0. */
  readonly loadMs?: number;
  /** Runs the writing of one marker; default at once. */
  readonly deliverMarker?: (write: () => void) => void;
  /** Told of every decision, before its markers are written. */
  readonly decided?: (decision: Decision) => void;
  /** Told of every refusal, by Kafka's error code, and of a batch that was there already. */
  readonly noted?: (api: string, what: number | "repeated") => void;
  /** Default `memory`. */
  readonly clusterId?: string;
  /** Where clients reach a node. Default an address that nothing listens at: there is no network between them. */
  readonly addressOf?: (nodeId: number) => NodeAddress;
}

/** Where a node listens. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** What a topic was given when it was created, by name of the configuration: `cleanup.policy`. */
export type TopicConfigs = Readonly<Record<string, string>>;

/** A group: its members and its offsets. */
export class Group implements Participant {
  readonly name: string;
  readonly membership: ConsumerGroup;
  readonly offsets = new GroupOffsets();
  readonly #epochs = new Map<bigint, number>();

  constructor(groupId: string, clock: Clock) {
    this.name = `group ${groupId}`;
    this.membership = new ConsumerGroup(groupId, clock);
  }

  /** Whether a marker of a later epoch has been written. */
  isFenced({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return producerEpoch < (this.#epochs.get(producerId) ?? 0);
  }

  end(marker: Marker, { producerId, producerEpoch }: ProducerIdentity): void {
    if (this.isFenced({ producerId, producerEpoch })) return;
    this.#epochs.set(producerId, producerEpoch);
    this.offsets.end(producerId, marker);
  }
}

/** One partition of a topic, as a transaction's participant. */
export class Partition implements Participant {
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
  readonly log = new PartitionLog();
  readonly #changed: () => void;
  readonly #clock: Clock;

  constructor({ topic, partition }: TopicPartition, clock: Clock, changed: () => void) {
    this.topic = topic;
    this.partition = partition;
    this.name = `${topic}/${partition}`;
    this.#clock = clock;
    this.#changed = changed;
  }

  append(bytes: Buffer) {
    const appended = this.log.append(bytes);
    this.#changed();
    return appended;
  }

  end(marker: Marker, producer: ProducerIdentity): void {
    this.log.end(marker, producer, this.#clock.now());
    this.#changed();
  }
}

interface NodeState {
  up: boolean;
}

/** Brokers in memory. */
export class BrokerCluster {
  readonly clock: Clock;
  readonly transactionVersion: 1 | 2;
  readonly clusterId: string;
  readonly addressOf: (nodeId: number) => NodeAddress;
  readonly transactions: TransactionCoordinator;
  readonly waits: FetchWaits;
  readonly #noted: NonNullable<ClusterOptions["noted"]>;
  readonly #topics = new Map<string, Partition[]>();
  readonly #configs = new Map<string, TopicConfigs>();
  readonly #groups = new Map<string, Group>();
  readonly #nodes: NodeState[];
  readonly #loadMs: number;
  /** Until when a coordinator is loading, by kind and node. */
  readonly #loadingUntil = new Map<string, number>();
  readonly #stopScan: CancelTimer;

  constructor(options: ClusterOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.transactionVersion = options.transactionVersion ?? 2;
    this.clusterId = options.clusterId ?? "memory";
    this.addressOf = options.addressOf ?? (() => ({ host: "memory", port: 0 }));
    this.#loadMs = options.loadMs ?? 0;
    this.#nodes = Array.from({ length: options.nodes ?? 1 }, () => ({ up: true }));
    this.waits = new FetchWaits(this.clock);
    this.#noted = options.noted ?? (() => {});
    this.transactions = new TransactionCoordinator({
      clock: this.clock,
      deliver: options.deliverMarker ?? ((write) => write()),
      decided: options.decided ?? (() => {}),
    });
    this.#stopScan = this.clock.every(options.transactionScanMs ?? 10_000, () => this.transactions.scan());
  }

  /** Node ids, those that are down included. */
  get nodeIds(): number[] {
    return [...this.#nodes.keys()];
  }

  get topics(): string[] {
    return [...this.#topics.keys()];
  }

  /** Creates a topic; one that exists is left as it is. */
  createTopic(topic: string, partitions: number, configs: TopicConfigs = {}): void {
    if (this.#topics.has(topic)) return;
    this.#configs.set(topic, configs);
    const numbers = Array.from({ length: partitions }, (_, partition) => partition);
    this.#topics.set(
      topic,
      numbers.map(
        (partition) => new Partition({ topic, partition }, this.clock, () => this.waits.lookAgain()),
      ),
    );
  }

  partitionsOf(topic: string): readonly Partition[] {
    return this.#topics.get(topic) ?? [];
  }

  configsOf(topic: string): TopicConfigs {
    return this.#configs.get(topic) ?? {};
  }

  partition({ topic, partition }: TopicPartition): Partition | undefined {
    return this.#topics.get(topic)?.[partition];
  }

  group(groupId: string): Group {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = new Group(groupId, this.clock);
      this.#groups.set(groupId, group);
    }
    return group;
  }

  /** Groups that anybody has asked about or joined. */
  get groups(): ReadonlyMap<string, Group> {
    return this.#groups;
  }

  isUp(nodeId: number): boolean {
    return this.#nodes[nodeId]?.up === true;
  }

  /** The node that leads a partition now; -1 while all are down. */
  leaderOf({ topic, partition }: TopicPartition): number {
    return this.#upFrom(hash(topic) + partition);
  }

  /** The node that coordinates now; -1 while all are down. */
  coordinatorOf(kind: CoordinatorKind, key: string): number {
    return this.#upFrom(hash(`${kind} ${key}`));
  }

  /** @returns the code with which the node refuses, 0 when it coordinates the key and has loaded it */
  coordinatorFault(nodeId: number, kind: CoordinatorKind, key: string): number {
    if (this.coordinatorOf(kind, key) !== nodeId) return errorCodes.NOT_COORDINATOR;
    const until = this.#loadingUntil.get(`${kind} ${nodeId}`) ?? 0;
    return this.clock.now() < until ? errorCodes.COORDINATOR_LOAD_IN_PROGRESS : errorCodes.NONE;
  }

  stopNode(nodeId: number): void {
    this.#move(nodeId, false);
  }

  startNode(nodeId: number): void {
    this.#move(nodeId, true);
  }

  /** Notes what a request was answered with; success is not worth noting. */
  note(api: string, what: number | "repeated"): void {
    if (what !== errorCodes.NONE) this.#noted(api, what);
  }

  /** Ends its timers. */
  close(): void {
    this.#stopScan();
    this.waits.close();
  }

  #upFrom(preferred: number): number {
    const count = this.#nodes.length;
    for (let i = 0; i < count; i++) {
      const nodeId = (preferred + i) % count;
      if (this.isUp(nodeId)) return nodeId;
    }
    return -1;
  }

  #move(nodeId: number, up: boolean): void {
    const node = this.#nodes[nodeId];
    if (node === undefined || node.up === up) return;
    const before = [...this.#groups.keys()].map((groupId) => this.coordinatorOf("group", groupId));
    node.up = up;
    const until = this.clock.now() + this.#loadMs;
    for (const kind of ["group", "transaction"]) {
      for (const each of this.nodeIds) this.#loadingUntil.set(`${kind} ${each}`, until);
    }
    [...this.#groups].forEach(([groupId, { membership }], i) => {
      if (this.coordinatorOf("group", groupId) !== before[i]) membership.reload();
    });
    this.waits.lookAgain();
  }
}

/** Spreads names over nodes; any fixed function would do. */
const hash = (text: string): number => {
  let value = 0;
  for (let i = 0; i < text.length; i++) value = (value * 31 + text.charCodeAt(i)) & 0xffff;
  return value;
};
