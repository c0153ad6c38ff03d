// What a judge of idle time has to know and cannot see in a commit: when each task's stream time was moved without a record,
// and how far each input could be read when.

import type { BrokerCluster } from "../../src/memory-broker/cluster.ts";
import type { RecordBatch, StreamRecord } from "../../src/worker/record.ts";
import type { Stage, Task } from "../../src/worker/stage.ts";
import type { SiteWorker } from "./site-worker.ts";

/** Stream time of a task moved though no record came. */
export interface Advance {
  readonly toMs: number;
  /** Virtual time at which it was. */
  readonly atMs: number;
  /** The last record that the task had handled; -1 for none. */
  readonly afterOffset: number;
}

interface Readable {
  readonly sinceMs: number;
  readonly lastStableOffset: number;
}

/** Watches a site. */
export class IdleJournal {
  readonly #now: () => number;
  /** By place and partition: of the task that is there, what is not committed yet among it. */
  readonly #advances = new Map<string, { readonly task: Task; readonly advances: Advance[] }>();
  readonly #handled = new WeakMap<Task, number>();
  readonly #readable = new Map<number, Readable[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Stands around the handlers of a worker. */
  around(stage: Stage, { instanceId }: SiteWorker): Stage {
    return {
      ...stage,
      handlers: stage.handlers.map((handler) => ({
        ...handler,
        handle: async (batch, task) => {
          const advances = this.#advancesOf(instanceId, task);
          if (batch.size === 0)
            advances.push({
              toMs: task.streamTimeMs,
              atMs: this.#now(),
              afterOffset: this.#handled.get(task) ?? -1,
            });
          await handler.handle(
            watched(batch, ({ offset }) => this.#handled.set(task, offset)),
            task,
          );
        },
      })),
    };
  }

  /** Notes how far an input can be read now, where that has changed. */
  look(cluster: BrokerCluster, topic: string): void {
    for (const { partition, log } of cluster.partitionsOf(topic)) {
      const { lastStableOffset } = log;
      const since = this.#readable.get(partition) ?? [];
      if ((since.at(-1)?.lastStableOffset ?? 0) === lastStableOffset) continue;
      this.#readable.set(partition, [...since, { sinceMs: this.#now(), lastStableOffset }]);
    }
  }

  /** Before which offset an input partition could be read at that time. */
  readableAt(partition: number, atMs: number): number {
    const since = this.#readable.get(partition) ?? [];
    return since.findLast(({ sinceMs }) => sinceMs <= atMs)?.lastStableOffset ?? 0;
  }

  /** The advances of the task that a worker has of a partition. */
  advancesOf(instanceId: string, partition: number): readonly Advance[] {
    return [...(this.#advances.get(`${instanceId} ${partition}`)?.advances ?? [])];
  }

  #advancesOf(instanceId: string, task: Task): Advance[] {
    const name = `${instanceId} ${task.partition}`;
    const noted = this.#advances.get(name);
    if (noted?.task === task) return noted.advances;
    // Of a task that was thrown away nothing is committed any more once another is there.
    const advances: Advance[] = [];
    this.#advances.set(name, { task, advances });
    return advances;
  }
}

const watched = (
  batch: RecordBatch<unknown>,
  handed: (record: StreamRecord<unknown>) => void,
): RecordBatch<unknown> => ({
  topic: batch.topic,
  partition: batch.partition,
  size: batch.size,
  *[Symbol.iterator]() {
    for (const record of batch) {
      handed(record);
      yield record;
    }
  },
});
