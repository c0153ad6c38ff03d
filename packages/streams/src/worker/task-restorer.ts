// Restoring a task: its committed state from the copy on disk, if there is one that can be believed, and the rest of it
// from the changelog.
//
//   R1. A task is handed out only when every store of it is restored to the end that its changelog had after the former
//       owner was fenced.
//   R2. The copy of a partition is opened again only after it was closed: a partition that comes back finds what it left.

import { join } from "node:path";
import { failPoint } from "../fail-points.ts";
import type { StreamsClient } from "../kafka/client.ts";
import type { CopiedStore, Doubt } from "../state/checkpoint.ts";
import { LocalCopy } from "../state/local-copy.ts";
import type { StoreMeter } from "../state/metered-store.ts";
import type { AnyStoreSpec } from "../state/store.ts";
import type { WorkerObserver } from "./observer.ts";
import type { Stage } from "./stage.ts";
import { type Condemned, changelogTopic, PartitionTask, storesOf, type TaskStart } from "./task.ts";

/** What a restorer works with. */
export interface TaskRestorerOptions {
  readonly stage: Stage;
  readonly client: StreamsClient;
  readonly observer: WorkerObserver;
  readonly condemned: Condemned;
  readonly meterOf: (store: string) => StoreMeter;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** Folder of the copies; none without it. */
  readonly stateDir: string | undefined;
  readonly checkpointIntervalMs: number;
}

/** Opens tasks, and keeps their copies. */
export class TaskRestorer {
  readonly #options: TaskRestorerOptions;
  readonly #stores: readonly AnyStoreSpec[];
  readonly #copies = new Map<number, LocalCopy>();
  readonly #closing = new Map<number, Promise<void>>();

  constructor(options: TaskRestorerOptions) {
    this.#options = options;
    this.#stores = storesOf(options.stage);
  }

  /** A task with its state as it was committed (R1). */
  async open(start: TaskStart): Promise<PartitionTask> {
    const { partition } = start;
    await this.#closing.get(partition);
    const openedAtMs = this.#options.now();
    let copy = await this.#openCopy(partition);
    let task = this.#task(start, copy);
    if (copy !== undefined && !this.#load(task, copy)) {
      await copy.destroy();
      this.#doubted(partition, "unreadable");
      copy = await this.#openCopy(partition);
      task = this.#task(start, copy);
    }
    for (const { name } of this.#stores) await this.#replay(task, name, copy);
    copy?.cover(openedAtMs);
    return task;
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
    const closed = copy.close().finally(() => {
      if (this.#closing.get(partition) === closed) this.#closing.delete(partition);
    });
    this.#closing.set(partition, closed);
  }

  /** Closes all copies, those of tasks that never came to run too. */
  releaseAll(): void {
    for (const partition of [...this.#copies.keys()]) this.release(partition);
  }

  /** Closes all copies, and waits for them. */
  async close(): Promise<void> {
    this.releaseAll();
    await Promise.all(this.#closing.values());
  }

  async #write(copy: LocalCopy): Promise<void> {
    failPoint("before-checkpoint");
    await copy.write();
    failPoint("after-checkpoint");
  }

  #task(start: TaskStart, copy: LocalCopy | undefined): PartitionTask {
    const { stage, condemned, meterOf } = this.#options;
    return new PartitionTask(stage, start, { condemned, meterOf, copy });
  }

  async #openCopy(partition: number): Promise<LocalCopy | undefined> {
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
      onFailure: (error) => observer.copyFailed?.({ partition, error }),
    });
    if (doubt !== undefined) this.#doubted(partition, doubt);
    if (copy !== undefined) this.#copies.set(partition, copy);
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

  async #replay(task: PartitionTask, store: string, copy: LocalCopy | undefined): Promise<void> {
    const { stage, client, observer } = this.#options;
    const { partition } = task;
    const startedAt = performance.now();
    const copiedTo = copy?.offset(store);
    const stages = copy !== undefined;
    const { records, fromOffset, nextOffset } = await client.changelogs.replay(
      { topic: changelogTopic(stage.service, store), partition },
      ({ key, value }) => task.restore(store, key ?? new Uint8Array(), value, stages),
      () => client.fenceWriters(stage.handlers.map(({ topic }) => ({ topic: topic.name, partition }))),
      {
        ...(copiedTo === undefined ? {} : { fromOffset: copiedTo }),
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
      from: copiedTo === undefined ? "start" : "checkpoint",
      fromOffset,
    });
  }
}
