// Restoring a task: its committed state from a standby or from the copy on disk, if there is one that can be believed, and
// the rest of it from the changelog.
//
//   R1. A task is handed out only when every store of it is restored to the end that its changelog had after the former
//       owner was fenced.
//   R2. The copy on disk of a partition is opened again only after it was closed: a partition that comes back finds what it left.

import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { failPoint } from "../fail-points.ts";
import type { StreamsClient } from "../kafka/client.ts";
import type { Membership } from "../kafka/ports.ts";
import type { CopiedStore, Doubt } from "../state/checkpoint.ts";
import { LocalCopy } from "../state/local-copy.ts";
import type { StoreMeter } from "../state/metered-store.ts";
import type { AnyStoreSpec } from "../state/store.ts";
import type { RestoreReport, StandbyFigures, WorkerObserver } from "./observer.ts";
import type { Condemned } from "./record-failures.ts";
import type { Stage } from "./stage.ts";
import { StandbyTasks } from "./standby-tasks.ts";
import { changelogTopic, PartitionTask, storesOf, type TaskStart } from "./task.ts";
import type { HeldStores } from "./task-stores.ts";
import type { WarmCopy } from "./warm-copy.ts";

/** What a restorer works with. */
export interface TaskRestorerOptions {
  readonly stage: Stage;
  readonly client: StreamsClient;
  readonly observer: WorkerObserver;
  readonly condemned: Condemned;
  readonly meterOf: (store: string) => StoreMeter;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** What standbys wait with. */
  readonly clock: Pick<Clock, "delay">;
  /** Folder of the copies; none without it. */
  readonly stateDir: string | undefined;
  readonly checkpointIntervalMs: number;
  /** Called when a task asks to run though no record came. */
  readonly onWake: (partition: number) => void;
}

/** Which part of a changelog is to be read. */
interface ReplayPlan {
  readonly from: RestoreReport["from"];
  /** Default the start of the log. */
  readonly offset?: number;
  /** Where it ended after the former owner was fenced; it is asked for where that is not known. */
  readonly endOffset?: number | undefined;
}

/** Opens tasks, and keeps their copies. */
export class TaskRestorer {
  readonly #options: TaskRestorerOptions;
  readonly #stores: readonly AnyStoreSpec[];
  readonly #copies = new Map<number, LocalCopy>();
  readonly #closing = new Map<number, Promise<void>>();
  /** Undefined where no standbys are kept. */
  readonly #standbys: StandbyTasks | undefined;

  constructor(options: TaskRestorerOptions) {
    this.#options = options;
    this.#stores = storesOf(options.stage);
    const { stage, client, now, clock, observer } = options;
    this.#standbys =
      client.standby &&
      new StandbyTasks({
        source: client.standby,
        changelogs: client.changelogs,
        specs: this.#stores,
        changelogOf: (store) => changelogTopic(stage.service, store),
        clock,
        now,
        observer,
        openCopy: (partition) => this.#openCopy(partition),
        writeCopy: (copy) => this.#write(copy),
        closeCopy: (partition, copy) => this.#close(partition, copy),
      });
  }

  /** Partition numbers that this process stands by for. */
  get standbys(): number[] {
    return this.#standbys?.partitions ?? [];
  }

  /** Stands by for what the membership says. */
  standBy({ standby = [], partitions }: Membership): void {
    this.#standbys?.hold(standby, partitions);
  }

  standbyFigures(): StandbyFigures[] {
    return this.#standbys?.figures() ?? [];
  }

  /** A task with its state as it was committed (R1). */
  async open(start: TaskStart): Promise<PartitionTask> {
    const warm = await this.#standbys?.take(start.partition);
    return warm === undefined ? this.#openCold(start) : this.#openWarm(start, warm);
  }

  /**
   * A task that this process dropped and has kept the partition of since, with its state as it was committed. Where there is
   * a copy it holds all of that state, written or not, and no broker is asked.
   */
  async reopen(start: TaskStart): Promise<PartitionTask> {
    const copy = this.#copies.get(start.partition);
    if (copy !== undefined && (await copy.isWhole())) {
      const task = this.#task(start, copy);
      if (this.#load(task, copy)) return this.#woken(task);
    }
    this.release(start.partition);
    return await this.open(start);
  }

  /** External handlers begin again what was under way. */
  #woken(task: PartitionTask): PartitionTask {
    if (this.#options.stage.handlers.some(({ external }) => external === true)) task.wake();
    return task;
  }

  async #openWarm(start: TaskStart, warm: WarmCopy): Promise<PartitionTask> {
    const { copy } = warm;
    const openedAtMs = this.#options.now();
    if (copy !== undefined) this.#copies.set(start.partition, copy);
    const task = this.#task(start, copy, warm.held);
    for (const { name } of this.#stores)
      await this.#replay(task, name, copy, { from: "standby", offset: warm.offset(name) });
    copy?.cover(openedAtMs);
    return task;
  }

  async #openCold(start: TaskStart): Promise<PartitionTask> {
    const { partition } = start;
    const openedAtMs = this.#options.now();
    let copy = await this.#keepCopy(partition);
    let task = this.#task(start, copy);
    if (copy !== undefined && !this.#load(task, copy)) {
      await copy.destroy();
      this.#doubted(partition, "unreadable");
      copy = await this.#keepCopy(partition);
      task = this.#task(start, copy);
    }
    for (const { name } of this.#stores) {
      const offset = copy?.offset(name);
      // The copy was opened after the former owner was fenced (R1), so its facts tell the end that counts.
      const endOffset = copy?.changelogEnd(name);
      const begin =
        offset === undefined ? { from: "start" as const } : { from: "checkpoint" as const, offset };
      await this.#replay(task, name, copy, { ...begin, endOffset });
    }
    copy?.cover(openedAtMs);
    return this.#woken(task);
  }

  /** Writes the copies whose time has come, beside the worker's own work. */
  writeDue(): void {
    const now = this.#options.now();
    for (const copy of this.#copies.values()) if (copy.isDue(now)) void this.#write(copy);
  }

  /** Closes the copy of a task that was dropped; goes on in the background (R2). */
  release(partition: number): void {
    const copy = this.#copies.get(partition);
    if (copy === undefined) return;
    this.#copies.delete(partition);
    this.#close(partition, copy);
  }

  /** Closes all copies, those of tasks that never came to run too. */
  releaseAll(): void {
    for (const partition of [...this.#copies.keys()]) this.release(partition);
  }

  /** Closes all copies, and waits for them. */
  async close(): Promise<void> {
    this.releaseAll();
    await this.#standbys?.close();
    await Promise.all(this.#closing.values());
  }

  #close(partition: number, copy: LocalCopy | Promise<LocalCopy | undefined>): void {
    const before = this.#closing.get(partition);
    const closed = (async () => {
      await before;
      await (await copy)?.close();
    })().finally(() => {
      if (this.#closing.get(partition) === closed) this.#closing.delete(partition);
    });
    this.#closing.set(partition, closed);
  }

  async #write(copy: LocalCopy): Promise<void> {
    failPoint("before-checkpoint");
    await copy.write();
    failPoint("after-checkpoint");
  }

  #task(start: TaskStart, copy: LocalCopy | undefined, held?: HeldStores): PartitionTask {
    const { stage, client, condemned, meterOf, onWake, now } = this.#options;
    const { limits } = client;
    return new PartitionTask(stage, start, { condemned, meterOf, copy, held, onWake, now, limits });
  }

  /** Opens the copy of a task. */
  async #keepCopy(partition: number): Promise<LocalCopy | undefined> {
    const copy = await this.#openCopy(partition);
    if (copy !== undefined) this.#copies.set(partition, copy);
    return copy;
  }

  async #openCopy(partition: number): Promise<LocalCopy | undefined> {
    await this.#closing.get(partition);
    const { stateDir, stage, client, now, checkpointIntervalMs, observer } = this.#options;
    if (stateDir === undefined || this.#stores.length === 0) return undefined;
    const stores = await Promise.all(
      this.#stores.map(async ({ name, serde }): Promise<CopiedStore> => {
        const facts = await client.changelogs.describe({
          topic: changelogTopic(stage.service, name),
          partition,
        });
        return { name, fingerprint: serde.fingerprint ?? "", facts };
      }),
    );
    const { copy, doubt } = await LocalCopy.open({
      folder: join(stateDir, stage.service, String(partition)),
      stores,
      now,
      intervalMs: checkpointIntervalMs,
      onFailure: (error, waits) => observer.copyFailed?.({ partition, error, waits }),
    });
    if (doubt !== undefined) this.#doubted(partition, doubt);
    return copy;
  }

  #doubted(partition: number, doubt: Doubt): void {
    this.#options.observer.copyDoubted?.({ partition, doubt });
  }

  /** @returns false when a value cannot be read: the copy is of no use then */
  #load(task: PartitionTask, copy: LocalCopy): boolean {
    try {
      for (const { name } of this.#stores) {
        if (copy.offset(name) === undefined) continue;
        const startedAt = performance.now();
        let entries = 0;
        for (const [key, value] of copy.entries(name)) {
          task.restore(name, key, value);
          entries++;
        }
        this.#options.observer.loaded?.({
          store: name,
          partition: task.partition,
          entries,
          durationMs: performance.now() - startedAt,
        });
      }
      return true;
    } catch {
      return false;
    }
  }

  async #replay(
    task: PartitionTask,
    store: string,
    copy: LocalCopy | undefined,
    { from, offset, endOffset }: ReplayPlan,
  ): Promise<void> {
    const { stage, client, observer } = this.#options;
    const { partition } = task;
    const startedAt = performance.now();
    const stages = copy !== undefined;
    const { records, fromOffset, nextOffset } = await client.changelogs.replay(
      { topic: changelogTopic(stage.service, store), partition },
      ({ key, value }) => task.restore(store, key ?? new Uint8Array(), value, stages),
      () => client.fenceWriters(stage.handlers.map(({ topic }) => ({ topic: topic.name, partition }))),
      {
        ...(offset === undefined ? {} : { fromOffset: offset }),
        ...(endOffset === undefined ? {} : { endOffset }),
        onProgress: async (progress) => {
          observer.restoring?.({ store, partition, ...progress });
          if (copy?.isFull !== true) return;
          copy.advance(store, progress.nextOffset);
          await copy.write({ seals: false });
        },
      },
    );
    copy?.advance(store, nextOffset);
    observer.restored?.({
      store,
      partition,
      records,
      durationMs: performance.now() - startedAt,
      from,
      fromOffset,
    });
  }
}
