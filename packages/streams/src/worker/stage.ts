// A stage: what one service does with its input, apart from any broker.
//
// The same stage runs in a worker on a real Kafka, in the stage driver with none, and later in the simulation.

import type { Topic } from "@riffle/contracts/envelope";
import type { AnyStoreSpec, StoreOf } from "../state/store.ts";
import type { RecordBatch, StreamRecord } from "./record.ts";

/** What a handler may do besides reading its batch: one task is one partition's share of the state. */
export interface Task {
  /** The partition number this task owns in every co-partitioned topic. */
  readonly partition: number;
  /**
   * Stream time, epoch milliseconds: the highest event time seen, -1 before the first. Never goes back,
   * survives restarts, and follows the wall clock when the input is idle and caught up.
   */
  readonly streamTimeMs: number;
  /**
   * The task's share of a store, of the kind that was declared.
   * @throws StreamsError STREAMS_STORE_UNKNOWN when the stage does not declare it
   */
  store<S extends AnyStoreSpec>(spec: S): StoreOf<S>;
  /**
   * Sends a record with the atomic commit that covers the current batch, to this task's own partition number.
   * @throws StreamsError STREAMS_EMIT_UNDECLARED when the stage does not declare the topic
   */
  emit<V>(topic: Topic<V>, record: Emission<V>): void;
  /**
   * Has `hook` called at the end of every atomic commit that covers this task: after its last record, before its
   * outputs and changes are taken. It may emit and write stores. Register it once for a task, inside `perTask`; a task
   * that is thrown away takes its hooks along.
   *
   * Commits depend on timing, so what a hook emits may too. When it throws, the records since the last commit are given
   * again one at a time, the hooks after each, and the record after which it fails is dead-lettered like one its
   * handler fails at.
   */
  beforeCommit(hook: () => void): void;
  /**
   * Has `hook` called after every atomic commit that covers this task: what the task did before is durable then, and
   * what follows from it may be begun outside, such as a call to somebody. It can neither emit nor write stores.
   * Register it once for a task, inside `perTask`.
   */
  afterCommit(hook: () => void): void;
  /**
   * Asks for the task's `external` handlers to be called with an empty batch, though no record came: an external call
   * of the task has ended and its result is to be taken in. May be called at any time, from anywhere; several calls may
   * become one. Without effect once {@link signal} is aborted.
   */
  wake(): void;
  /**
   * Aborted when the task is thrown away: by an error, by a rebalance, at the end of the process. What it did since its
   * last commit is dropped then, and the results of its external calls are nobody's.
   */
  readonly signal: AbortSignal;
}

/** A record to emit. */
export interface Emission<V> {
  readonly key: string;
  readonly value: V;
  /** Event time of the result, epoch milliseconds. */
  readonly timestampMs: number;
  /** The record this one follows from; hands on its trace and its `received-at`. Its headers are all that counts. */
  readonly cause?: Pick<StreamRecord<unknown>, "headers">;
}

/** One input topic of a stage and the function that takes its batches. */
export interface TopicHandler {
  readonly topic: Topic<unknown>;
  readonly stores: readonly AnyStoreSpec[];
  readonly emits: readonly Topic<unknown>[];
  /**
   * Whether the handler makes calls to the outside world. It is then also called with an empty batch when a task begins,
   * before its first record, and whenever the task was woken. Default false.
   */
  readonly external?: boolean;
  /**
   * Handles a batch. Called for one batch of a task at a time; a promise is awaited before the next.
   * May be called again with the same records after a failure, on state as of the last commit.
   */
  handle(batch: RecordBatch<unknown>, task: Task): void | Promise<void>;
}

/** All handlers of a service. Its name is the consumer group and the prefix of its changelogs. */
export interface Stage {
  readonly service: string;
  readonly handlers: readonly TopicHandler[];
  /** Where records go that no codec reads, or that fail their handler for good. */
  readonly deadLetters: string;
}
