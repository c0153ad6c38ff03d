// The worker: runs the tasks of one process.
//
// The order that keeps a result exactly once, from joining to the next commit:
//
//   joined (generation g) → for each new partition: stable offsets, a dead writer's transaction ended if it blocks
//   them → state restored to the end seen after that → records from the committed offset on → one atomic commit of
//   outputs, changelog and offsets under generation g → only then is the new state the state.
//
//   W1. The fence of a commit is the generation in which its records were fetched, never a later one.
//   W2. On any error the producer and every task are dropped, and the worker begins again at the first step.
//   W3. Nothing is committed for a partition after the group has taken it away: the broker refuses the generation.
//   W4. State is kept over a rebalance only when no other member can have owned the partition in between.
//   W5. Records are committed after `commitIntervalMsMax` at the latest, and as soon as nothing more is waiting.

import { setTimeout as delay } from "node:timers/promises";
import { HandlerError } from "../errors.ts";
import type { StreamsClient } from "../kafka/client.ts";
import type {
  CommitOffset,
  FetchedChunk,
  Membership,
  StoredPosition,
  TransactionalSender,
} from "../kafka/ports.ts";
import { type FailureAction, failureAction } from "./failure.ts";
import type { WorkerObserver, WorkerPhase } from "./observer.ts";
import { readPositionMetadata, writePositionMetadata } from "./position-metadata.ts";
import type { OutgoingRecord } from "./record.ts";
import { RecordFailures } from "./record-failures.ts";
import type { Stage } from "./stage.ts";
import { changelogTopic, PartitionTask } from "./task.ts";

/** How a worker works; times in milliseconds. */
export interface WorkerOptions {
  /** Longest time between a record's processing and its commit. Default 100; lower is lower latency under load. */
  readonly commitIntervalMsMax?: number;
  /** Outputs after which a commit does not wait. Default 20,000: bounds memory and the size of a transaction. */
  readonly commitRecordsMax?: number;
  /** Input idle for so long, and caught up: stream time follows the wall clock, this far behind. Default 5,000. */
  readonly idleAfterMs?: number;
  /** How often a record may fail its handler before it is dead-lettered. Default 3. */
  readonly handlerAttemptsMax?: number;
  /** Wall clock. Only idle input and durations look at it. */
  readonly now?: () => number;
}

const waitMs = 200;
const pauseMsMin = 50;
const pauseMsMax = 5_000;

/** Runs a stage on Kafka. */
export class StreamWorker {
  readonly #stage: Stage;
  readonly #client: StreamsClient;
  readonly #observer: WorkerObserver;
  readonly #options: Required<Omit<WorkerOptions, "handlerAttemptsMax">>;
  readonly #tasks = new Map<number, PartitionTask>();
  readonly #failures: RecordFailures;
  #membership: Membership | undefined;
  #sender: TransactionalSender | undefined;
  #phase: WorkerPhase = "starting";
  #stopping = false;
  #running: Promise<void> | undefined;
  #inputs = 0;
  #uncommittedSince: number | undefined;
  /** Wall clock of each task's last input, or of its last advance by the wall clock. */
  readonly #quietSince = new Map<number, number>();
  #pauseMs = pauseMsMin;

  constructor(
    stage: Stage,
    client: StreamsClient,
    options: WorkerOptions = {},
    observer: WorkerObserver = {},
  ) {
    this.#stage = stage;
    this.#client = client;
    this.#observer = observer;
    this.#failures = new RecordFailures(options.handlerAttemptsMax ?? 3);
    this.#options = {
      commitIntervalMsMax: options.commitIntervalMsMax ?? 100,
      commitRecordsMax: options.commitRecordsMax ?? 20_000,
      idleAfterMs: options.idleAfterMs ?? 5_000,
      now: options.now ?? Date.now,
    };
  }

  get phase(): WorkerPhase {
    return this.#phase;
  }

  /** Partition numbers whose tasks run here. */
  get partitions(): number[] {
    return [...this.#tasks.keys()].toSorted((a, b) => a - b);
  }

  /** Whether it is a member of the group and every task of its share is restored; an empty share counts. */
  get ready(): boolean {
    return this.#phase === "running";
  }

  /** Records between what was processed and the ends of the input partitions, where known. */
  lag(): { readonly topic: string; readonly partition: number; readonly records: number }[] {
    return this.partitions.flatMap((partition) =>
      this.#topics().flatMap((topic) => {
        const records = this.#client.source.lag({ topic, partition });
        return records === undefined ? [] : [{ topic, partition, records }];
      }),
    );
  }

  /** Runs until `stop`. @throws the error that no retry could mend */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Finishes the batch in hand, commits, leaves the group. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#client.interrupt();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopping) await this.#live();
      await this.#finish();
    } catch (error) {
      this.#enter("failed", { error: String(error) });
      await this.#client.member.leave();
      throw error;
    }
  }

  /** One life: from a fresh producer to the next error or stop. */
  async #live(): Promise<void> {
    try {
      this.#sender = await this.#client.openSender();
      while (!this.#stopping) await this.#turn();
    } catch (error) {
      const action = failureAction(error);
      this.#observer.failed?.(error, action);
      if (action === "stop") throw error;
      this.#abandon(error, action);
      await this.#pause();
    }
  }

  /** One turn of the loop: membership, one chunk, a commit when it is due. */
  async #turn(): Promise<void> {
    if (this.#membership === undefined || this.#client.member.state !== "held") await this.#rejoin();
    await this.#openTasks();
    if (this.#phase !== "running") this.#enter("running", { partitions: this.partitions });
    const chunk = await this.#client.source.next(this.#uncommittedSince === undefined ? waitMs : 0);
    if (chunk !== undefined) await this.#process(chunk);
    await this.#advanceIdleTasks();
    if (this.#commitDue()) await this.#commit();
  }

  async #process(chunk: FetchedChunk): Promise<void> {
    const task = this.#tasks.get(chunk.partition);
    if (task === undefined) return;
    const now = this.#options.now();
    this.#uncommittedSince ??= now;
    if (chunk.records.length > 0) this.#quietSince.set(chunk.partition, now);
    this.#inputs += chunk.records.length;
    try {
      await task.process(chunk.topic, chunk.records, chunk.nextOffset, this.#failures.isSuspect(chunk));
    } catch (error) {
      if (error instanceof HandlerError && error.offset < 0) this.#failures.suspect(chunk);
      throw error;
    }
  }

  #commitDue(): boolean {
    if (this.#uncommittedSince === undefined) return false;
    if (!this.#client.source.ready || this.#stopping) return true;
    if (this.#options.now() - this.#uncommittedSince >= this.#options.commitIntervalMsMax) return true;
    let pending = 0;
    for (const task of this.#tasks.values()) pending += task.pending;
    return pending >= this.#options.commitRecordsMax;
  }

  async #commit(): Promise<void> {
    const { fence } = this.#membership as Membership;
    const records: OutgoingRecord[] = [];
    const offsets: CommitOffset[] = [];
    let tasks = 0;
    for (const task of this.#tasks.values()) {
      if (!task.changed) continue;
      const output = task.drain();
      tasks++;
      for (const record of output.records) records.push(record);
      const metadata = writePositionMetadata({
        writer: this.#client.transactionalId,
        streamTimeMs: output.streamTimeMs,
      });
      for (const [topic, offset] of output.positions)
        offsets.push({ topic, partition: task.partition, offset, metadata });
    }
    if (offsets.length === 0) return;
    const startedAt = performance.now();
    await this.#sender?.commit({ records, offsets, fence });
    this.#observer.committed?.({
      inputs: this.#inputs,
      outputs: records.length,
      deadLetters: records.reduce(
        (count, { topic }) => count + (topic === this.#stage.deadLetters ? 1 : 0),
        0,
      ),
      durationMs: performance.now() - startedAt,
      tasks,
    });
    this.#inputs = 0;
    this.#uncommittedSince = undefined;
    this.#pauseMs = pauseMsMin;
    this.#failures.passed(offsets);
  }

  /** Commits what it may still commit, then joins and drops the tasks that went to others. */
  async #rejoin(): Promise<void> {
    const { state } = this.#client.member;
    if (this.#membership !== undefined) {
      if (state === "rebalancing" && this.#uncommittedSince !== undefined) await this.#commit();
      if (state === "lost" || state === "replaced") this.#dropTasks();
    }
    this.#enter("joining", { held: this.partitions });
    const membership = await this.#client.member.join(this.partitions);
    if (!membership.continuous) this.#dropTasks();
    for (const partition of this.partitions) {
      if (!membership.partitions.includes(partition)) this.#dropTask(partition);
    }
    this.#membership = membership;
    this.#observer.log?.("joined the group", {
      generation: membership.fence.generationId,
      member: membership.fence.memberId,
      partitions: membership.partitions,
    });
  }

  async #openTasks(): Promise<void> {
    const missing = (this.#membership?.partitions ?? []).filter((partition) => !this.#tasks.has(partition));
    if (missing.length === 0) return;
    this.#enter("restoring", { partitions: missing });
    const topics = this.#topics();
    const inputs = missing.flatMap((partition) => topics.map((topic) => ({ topic, partition })));
    const positions = Map.groupBy(await this.#client.positions.read(inputs), ({ partition }) => partition);
    const tasks = await Promise.all(
      missing.map((partition) => this.#openTask(partition, positions.get(partition) ?? [])),
    );
    tasks.forEach((task, i) => {
      this.#tasks.set(task.partition, task);
      for (const { topic, partition, offset } of positions.get(missing[i] as number) ?? []) {
        this.#client.source.assign({ topic, partition }, offset);
      }
    });
    for (const partition of missing) this.#quietSince.set(partition, this.#options.now());
    await this.#claim(missing.map((partition) => positions.get(partition) ?? []));
  }

  /**
   * Commits the positions of tasks that another process, or nobody, committed last, before anything is processed: a
   * successor finds in them whose transaction to end, should this process die in its first commit.
   */
  async #claim(opened: readonly (readonly StoredPosition[])[]): Promise<void> {
    for (const positions of opened) {
      const own = positions.every(
        ({ metadata }) => readPositionMetadata(metadata)?.writer === this.#client.transactionalId,
      );
      const [first] = positions;
      if (!own && first !== undefined) this.#tasks.get(first.partition)?.claim();
    }
    await this.#commit();
  }

  async #openTask(partition: number, positions: readonly StoredPosition[]): Promise<PartitionTask> {
    const streamTimes = positions.map(({ metadata }) => readPositionMetadata(metadata)?.streamTimeMs ?? -1);
    const start = {
      partition,
      positions: new Map(positions.map(({ topic, offset }) => [topic, offset])),
      streamTimeMs: Math.max(-1, ...streamTimes),
    };
    const task = new PartitionTask(this.#stage, start, this.#failures.condemned);
    for (const [store] of task.stores()) await this.#restore(task, store);
    return task;
  }

  async #restore(task: PartitionTask, store: string): Promise<void> {
    const startedAt = performance.now();
    const changelog = { topic: changelogTopic(this.#stage.service, store), partition: task.partition };
    const inputs = this.#topics().map((topic) => ({ topic, partition: task.partition }));
    const records = await this.#client.changelogs.replay(
      changelog,
      ({ key, value }) => task.restore(store, key ?? new Uint8Array(), value),
      () => this.#client.fenceWriters(inputs),
    );
    this.#observer.restored?.({
      store,
      partition: task.partition,
      records,
      durationMs: performance.now() - startedAt,
    });
  }

  /** Stream time follows the wall clock where a task's input is idle and nothing of it is left to read. */
  async #advanceIdleTasks(): Promise<void> {
    const { idleAfterMs, now } = this.#options;
    const at = now();
    for (const task of this.#tasks.values()) {
      const quietMs = at - (this.#quietSince.get(task.partition) ?? at);
      if (quietMs < idleAfterMs || task.streamTimeMs < 0 || !this.#caughtUp(task.partition)) continue;
      this.#quietSince.set(task.partition, at);
      await task.advanceStreamTime(at - idleAfterMs);
      if (task.changed) this.#uncommittedSince ??= at;
    }
  }

  #caughtUp(partition: number): boolean {
    return this.#topics().every((topic) => this.#client.source.lag({ topic, partition }) === 0);
  }

  /** Drops everything uncommitted (W2), and notes which record a handler failed at. */
  #abandon(error: unknown, action: FailureAction): void {
    this.#enter("restoring", { after: action });
    this.#dropTasks();
    this.#sender = undefined;
    if (action === "rejoin") this.#membership = undefined;
    if (action === "retry-record" && error instanceof HandlerError) this.#failures.charge(error);
  }

  #dropTasks(): void {
    for (const partition of this.partitions) this.#dropTask(partition);
    this.#inputs = 0;
    this.#uncommittedSince = undefined;
  }

  #dropTask(partition: number): void {
    this.#tasks.delete(partition);
    this.#quietSince.delete(partition);
    for (const topic of this.#topics()) this.#client.source.unassign({ topic, partition });
  }

  async #pause(): Promise<void> {
    await delay(this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMsMax);
  }

  async #finish(): Promise<void> {
    this.#enter("stopping", {});
    try {
      if (this.#uncommittedSince !== undefined && this.#client.member.state !== "lost") await this.#commit();
    } catch (error) {
      // The records are read again by the next owner: nothing is lost, nothing was made visible.
      this.#observer.failed?.(error, "rebuild");
    }
    await this.#client.member.leave();
    this.#enter("stopped", {});
  }

  #topics(): string[] {
    return this.#stage.handlers.map(({ topic }) => topic.name);
  }

  #enter(phase: WorkerPhase, details: Readonly<Record<string, unknown>>): void {
    this.#phase = phase;
    this.#observer.phase?.(phase, details);
  }
}
