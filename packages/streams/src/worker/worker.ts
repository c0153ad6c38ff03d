// The worker: runs the tasks of one process.
//
// The order that keeps a result exactly once, from joining to the next commit:
//
//   joined (generation g) → for each new partition: stable offsets, a dead writer's transaction ended if it blocks
//   them → state restored to the end seen after that → records from the committed offset on → one atomic commit of
//   outputs, changelog and offsets under generation g → only then is the new state the state.
//
//   W1. The fence of a commit is the generation in which its records were fetched, never a later one.
//   W2. On any error but that of W7 the producer and every task are dropped, and the worker begins again at the first step.
//   W3. Nothing is committed for a partition after the group has taken it away: the broker refuses the generation.
//   W4. State is kept over a rebalance only when no other member can have owned the partition in between.
//   W5. Records are committed after `commitIntervalMsMax` at the latest, and as soon as nothing more is waiting.
//   W6. External handlers are called when a task begins and whenever it was woken, in the loop like any other work.
//   W7. A handler's failure drops its task alone, of which nothing has left the process since its last commit. So does what
//       shows only when the commit is gathered: a record too large, a value that cannot be written. The task is opened again
//       after a pause; meanwhile the others go on and commit, and the process is as ready as before.

import type { HandlerError } from "../errors.ts";
import { failPoint } from "../fail-points.ts";
import type { StreamsClient } from "../kafka/client.ts";
import type { FetchedChunk, Membership, TransactionalSender } from "../kafka/ports.ts";
import { meterOf, type StoreMeter } from "../state/metered-store.ts";
import { CommitSize } from "./commit-size.ts";
import { type FailureAction, failureAction } from "./failure.ts";
import { gatherCommit } from "./gathered-commit.ts";
import { IdleTasks } from "./idle-tasks.ts";
import { type InputFigures, InputWatch } from "./input-watch.ts";
import type { StandbyFigures, StoreFigures, WorkerObserver, WorkerPhase } from "./observer.ts";
import { countByTopic } from "./record-counts.ts";
import { RecordFailures } from "./record-failures.ts";
import { SetAsideTasks } from "./set-aside-tasks.ts";
import type { Stage } from "./stage.ts";
import { storeFigures } from "./store-figures.ts";
import type { PartitionTask } from "./task.ts";
import { openTasks } from "./task-opening.ts";
import { TaskRestorer } from "./task-restorer.ts";
import { WakeUps } from "./wake-ups.ts";
import { type ResolvedWorkerOptions, resolveOptions, type WorkerOptions } from "./worker-options.ts";

export type { WorkerOptions } from "./worker-options.ts";

const waitMs = 200;
const pauseMsMin = 50;
const pauseMsMax = 5_000;

/** Runs a stage on Kafka. */
export class StreamWorker {
  readonly #stage: Stage;
  readonly #client: StreamsClient;
  readonly #source: InputWatch;
  readonly #observer: WorkerObserver;
  readonly #options: ResolvedWorkerOptions;
  readonly #commitSize: CommitSize;
  readonly #tasks = new Map<number, PartitionTask>();
  readonly #failures: RecordFailures;
  readonly #restorer: TaskRestorer;
  readonly #meters = new Map<string, StoreMeter>();
  readonly #wakeUps: WakeUps;
  readonly #setAside = new SetAsideTasks(pauseMsMin, pauseMsMax);
  #membership: Membership | undefined;
  #sender: TransactionalSender | undefined;
  /** An error came, and no sender has been opened since: its transaction may be open still. */
  #sentInVain = false;
  #phase: WorkerPhase = "starting";
  #stopping = false;
  #running: Promise<void> | undefined;
  #uncommittedSince: number | undefined;
  readonly #idle: IdleTasks;
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
    this.#options = resolveOptions(options);
    this.#source = new InputWatch(client.source, this.#options.now);
    this.#commitSize = new CommitSize(client, this.#options, observer);
    this.#idle = new IdleTasks(this.#options.idleAfterMs);
    this.#failures = new RecordFailures(this.#options.handlerAttemptsMax);
    this.#wakeUps = new WakeUps(() => client.interrupt());
    this.#restorer = new TaskRestorer({
      ...this.#options,
      stage,
      client,
      observer,
      condemned: this.#failures.condemned,
      meterOf: (store) => meterOf(this.#meters, store),
      stateDir: options.stateDir,
      onWake: (partition) => this.#wakeUps.ask(partition),
    });
  }

  get phase(): WorkerPhase {
    return this.#phase;
  }

  /** Partition numbers whose tasks run here. */
  get partitions(): number[] {
    return [...this.#tasks.keys()].toSorted((a, b) => a - b);
  }

  /** Those, and those whose tasks are set aside. */
  get #kept(): number[] {
    return [...this.#tasks.keys(), ...this.#setAside.partitions].toSorted((a, b) => a - b);
  }

  /** Whether it is a member of the group and every task of its share is restored; an empty share counts. */
  get ready(): boolean {
    return this.#phase === "running";
  }

  /** How far behind each input partition it is that it reads. */
  inputs(): InputFigures[] {
    return this.#source.figures();
  }

  /** Stream time of each task that runs here, -1 before its first record. */
  streamTimes(): { readonly partition: number; readonly streamTimeMs: number }[] {
    return [...this.#tasks.values()].map(({ partition, streamTimeMs }) => ({ partition, streamTimeMs }));
  }

  /** Entries of each store in the tasks that run here, and the operations on it since the worker began. */
  stores(): StoreFigures[] {
    return storeFigures(this.#meters, this.#tasks.values());
  }

  /** Stores of the partitions that it stands by for. */
  standbys(): StandbyFigures[] {
    return this.#restorer.standbyFigures();
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
    } finally {
      for (const task of this.#tasks.values()) task.end();
      await this.#restorer.close();
    }
  }

  /** One life: from a fresh producer to the next error or stop. */
  async #live(): Promise<void> {
    try {
      this.#sender = await this.#client.openSender();
      this.#sentInVain = false;
      while (!this.#stopping) await this.#turn();
    } catch (error) {
      const action = failureAction(error);
      this.#observer.failed?.(error, action);
      if (action === "stop") throw error;
      failPoint("before-rebuild");
      this.#abandon(action);
      await this.#pause();
    }
  }

  /** One turn of the loop: membership, one chunk, a commit when it is due. */
  async #turn(): Promise<void> {
    if (this.#membership === undefined || this.#client.member.state !== "held") await this.#rejoin();
    await this.#openTasks();
    if (this.#phase !== "running") this.#enter("running", { partitions: this.partitions });
    const mayWait = this.#uncommittedSince === undefined && !this.#wakeUps.some;
    const chunk = await this.#source.next(mayWait ? waitMs : 0);
    if (chunk !== undefined) await this.#process(chunk);
    await this.#resumeWoken();
    await this.#advanceIdleTasks();
    if (this.#commitDue()) await this.#commit();
    this.#restorer.writeDue();
  }

  async #process(chunk: FetchedChunk): Promise<void> {
    const task = this.#tasks.get(chunk.partition);
    if (task === undefined) return;
    const now = this.#options.now();
    this.#uncommittedSince ??= now;
    if (chunk.records.length > 0) this.#idle.restart(chunk.partition, now);
    failPoint("after-fetch");
    try {
      await task.process(chunk.topic, chunk.records, chunk.nextOffset, this.#failures.isSuspect(chunk));
    } catch (error) {
      return this.#retryLater(task, error, [[chunk.topic, chunk.nextOffset]]);
    }
    failPoint("after-process");
  }

  /**
   * Sets a task aside whose handler failed; `#openTasks` begins it again when its pause is over (W7).
   *
   * @param seen where the records end, by topic, that the failure may be of when it names none
   * @throws any other error
   */
  #retryLater(task: PartitionTask, error: unknown, seen: Iterable<readonly [string, number]> = []): void {
    const { partition } = task;
    const action = failureAction(error);
    const isForGood = action === "condemn-record";
    if (!isForGood && action !== "retry-record" && action !== "retry-task") throw error;
    this.#observer.failed?.(error, action);
    if (action === "retry-task")
      for (const [topic, nextOffset] of seen) this.#failures.suspect(topic, partition, nextOffset);
    // A record less in the way is progress: several bad ones in a row do not add up to ever longer pauses.
    else if (this.#failures.charge(error as HandlerError, isForGood)) this.#setAside.passed(partition);
    const pauseMs = this.#setAside.add(task.committed);
    // What will not be tried again is not waited for.
    void this.#options.clock.delay(isForGood ? 0 : pauseMs).then(() => {
      this.#setAside.endPause(partition);
      this.#client.interrupt();
    });
    this.#endTask(partition);
  }

  async #resumeWoken(): Promise<void> {
    if (this.#wakeUps.some) this.#uncommittedSince ??= this.#options.now();
    for (const partition of this.#wakeUps.take()) {
      const task = this.#tasks.get(partition);
      await task?.resume().catch((error: unknown) => this.#retryLater(task, error));
    }
  }

  #commitDue(): boolean {
    if (this.#uncommittedSince === undefined) return false;
    if (!this.#source.ready || this.#stopping) return true;
    if (this.#options.now() - this.#uncommittedSince >= this.#options.commitIntervalMsMax) return true;
    return this.#commitSize.isReachedBy(this.#tasks.values());
  }

  async #commit(): Promise<void> {
    const { fence } = this.#membership as Membership;
    const { tasks, inputs, records, offsets } = gatherCommit(
      this.#tasks.values(),
      this.#client.transactionalId,
      (task) => this.#guarded(task, () => task.drain()),
    );
    this.#uncommittedSince = undefined;
    if (offsets.length === 0) return;
    const startedAt = performance.now();
    const coveredAtMs = this.#options.now();
    const commit = this.#sender?.commit({ records, offsets, fence });
    const ends = await this.#commitSize.follow(commit, records.length, coveredAtMs);
    for (const task of tasks) this.#guarded(task, () => task.confirm(ends, coveredAtMs));
    this.#observer.committed?.({
      inputs,
      outputs: records.length,
      outputsByTopic: countByTopic(records),
      oldestReceivedAtMs: this.#source.takeOldestMs(),
      durationMs: performance.now() - startedAt,
      tasks: tasks.length,
    });
    this.#pauseMs = pauseMsMin;
    this.#failures.passed(offsets);
    for (const { partition } of tasks) this.#setAside.passed(partition);
  }

  /** @returns nothing when the task failed, and was set aside */
  #guarded<R>(task: PartitionTask, act: () => R): R | undefined {
    try {
      return act();
    } catch (error) {
      this.#retryLater(task, error, task.positions);
      return undefined;
    }
  }

  /** Commits what it may still commit, then joins and drops the tasks that went to others. */
  async #rejoin(): Promise<void> {
    const { state } = this.#client.member;
    if (this.#membership !== undefined) {
      if (state === "rebalancing" && this.#uncommittedSince !== undefined) await this.#commit();
      if (state === "lost" || state === "replaced") this.#dropTasks();
      failPoint("before-rejoin");
    }
    this.#enter("joining", { held: this.#kept });
    const membership = await this.#client.member.join(this.#kept, this.#restorer.standbys);
    if (!membership.continuous) this.#dropTasks();
    for (const partition of this.#kept)
      if (!membership.partitions.includes(partition)) this.#dropTask(partition);
    this.#membership = membership;
    this.#restorer.standBy(membership);
    failPoint("after-join");
    this.#observer.log?.("joined the group", {
      generation: membership.fence.generationId,
      member: membership.fence.memberId,
      partitions: membership.partitions,
    });
  }

  async #openTasks(): Promise<void> {
    const missing = (this.#membership?.partitions ?? []).filter(
      (partition) => !this.#tasks.has(partition) && !this.#setAside.isPaused(partition),
    );
    if (missing.length === 0) return;
    // A task that begins again after its handler failed makes the process no less ready.
    if (this.#phase !== "running") this.#enter("restoring", { partitions: missing });
    const [stage, client, restorer, setAside] = [this.#stage, this.#client, this.#restorer, this.#setAside];
    const opened = await openTasks(missing, { stage, client, restorer, setAside });
    for (const { task, isOwn } of opened) this.#begin(task, isOwn);
    if (opened.some(({ isOwn }) => !isOwn)) await this.#commit();
  }

  /**
   * Lets a task run. Positions that another process, or nobody, committed last are committed before anything is processed: a
   * successor finds in them whose transaction to end, should this process die in its first commit.
   */
  #begin(task: PartitionTask, isOwn: boolean): void {
    const { partition } = task;
    this.#tasks.set(partition, task);
    this.#setAside.begun(partition);
    for (const [topic, offset] of task.positions) this.#source.assign({ topic, partition }, offset);
    this.#idle.restart(partition, this.#options.now());
    if (!isOwn) task.claim();
  }

  /** Stream time follows the wall clock where a task's input is idle, up to when nothing of it was left to read. */
  async #advanceIdleTasks(): Promise<void> {
    const { idleAfterMs, now } = this.#options;
    const at = now();
    for (const task of this.#idle.take(this.#tasks, this.#source, at)) {
      const upToMs = Math.min(at - idleAfterMs, this.#source.readUpToMs(task.partition));
      await task.advanceStreamTime(upToMs).catch((error: unknown) => this.#retryLater(task, error));
      if (task.changed) this.#uncommittedSince ??= at;
    }
  }

  /** Drops everything uncommitted (W2). */
  #abandon(action: FailureAction): void {
    this.#enter("restoring", { after: action });
    this.#dropTasks();
    this.#sender = undefined;
    this.#sentInVain = true;
    if (action === "rejoin") this.#membership = undefined;
  }

  #dropTasks(): void {
    for (const partition of this.#kept) this.#dropTask(partition);
    this.#restorer.releaseAll();
    this.#uncommittedSince = undefined;
  }

  #dropTask(partition: number): void {
    this.#endTask(partition);
    this.#setAside.forget(partition);
    this.#restorer.release(partition);
  }

  #endTask(partition: number): void {
    this.#tasks.get(partition)?.end();
    this.#tasks.delete(partition);
    this.#idle.forget(partition);
    this.#source.release(partition);
  }

  async #pause(): Promise<void> {
    await this.#options.clock.delay(this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMsMax);
  }

  async #finish(): Promise<void> {
    this.#enter("stopping", {});
    try {
      if (this.#uncommittedSince !== undefined && this.#client.member.state !== "lost") await this.#commit();
    } catch (error) {
      // The records are read again by the next owner: nothing is lost, nothing was made visible.
      this.#observer.failed?.(error, "rebuild");
      this.#sentInVain = true;
    }
    // What was sent is aborted now: readers of the outputs would be held back until its time-out.
    if (this.#sentInVain) await this.#client.openSender().catch(() => undefined);
    failPoint("before-leave");
    await this.#client.member.leave();
    this.#enter("stopped", {});
  }

  #enter(phase: WorkerPhase, details: Readonly<Record<string, unknown>>): void {
    this.#phase = phase;
    this.#observer.phase?.(phase, details);
  }
}
