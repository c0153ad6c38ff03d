// Standby tasks: warm copies of partitions that other members own, kept up with their changelogs, so that a failover has
// next to nothing to restore.
//
//   N1. A standby serves nobody and commits nothing. It becomes a task's state only by `take`, and the task then reads on
//       to the end that the changelogs have after the former owner was fenced (R1 in task-restorer.ts).
//   N2. A warm copy that may have missed a record is dropped and begun anew: after an error of its source, after a time
//       without contact in which tombstones may have gone, when its changelog is another one now.
//   N3. Nothing that fails here reaches the tasks of this process: a partition without a warm copy is restored.

import type { Clock } from "../clock.ts";
import type { ChangelogSource, FetchedChunk, StandbySource, TopicPartition } from "../kafka/ports.ts";
import type { ChangelogFacts } from "../state/checkpoint.ts";
import type { LocalCopy } from "../state/local-copy.ts";
import type { AnyStoreSpec } from "../state/store.ts";
import type { StandbyFigures, WorkerObserver } from "./observer.ts";
import { WarmCopy } from "./warm-copy.ts";

/** What standbys work with. */
export interface StandbyTasksOptions {
  readonly source: StandbySource;
  readonly changelogs: Pick<ChangelogSource, "describe">;
  readonly specs: readonly AnyStoreSpec[];
  /** Name of a store's changelog. */
  readonly changelogOf: (store: string) => string;
  readonly clock: Pick<Clock, "delay">;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  readonly observer: WorkerObserver;
  /** Opens the copy on the local disk, where there are copies. */
  readonly openCopy: (partition: number) => Promise<LocalCopy | undefined>;
  /** Writes it. */
  readonly writeCopy: (copy: LocalCopy) => Promise<void>;
  /** Closes it in the background; it is not opened again before that is done. */
  readonly closeCopy: (partition: number, copy: Promise<LocalCopy | undefined>) => void;
}

interface Standby {
  readonly partition: number;
  readonly opened: Promise<WarmCopy>;
  /** Undefined until it is open. */
  warm: WarmCopy | undefined;
}

const waitMs = 200;
/** After a failure: nobody waits for a standby. */
const againAfterMs = 5_000;

/** All standbys of a process. */
export class StandbyTasks {
  readonly #options: StandbyTasksOptions;
  readonly #standbys = new Map<number, Standby>();
  readonly #storeOf: ReadonlyMap<string, string>;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: StandbyTasksOptions) {
    this.#options = options;
    this.#storeOf = new Map(options.specs.map(({ name }) => [options.changelogOf(name), name]));
  }

  /** Partition numbers that it stands by for. */
  get partitions(): number[] {
    return [...this.#standbys.keys()].toSorted((a, b) => a - b);
  }

  /**
   * Stands by for these partitions from now on, and for no others.
   *
   * @param toTake partitions that this process owns now: their warm copies are kept until they are taken
   */
  hold(partitions: readonly number[], toTake: readonly number[]): void {
    if (this.#closed) return;
    for (const standby of [...this.#standbys.values()])
      if (![...partitions, ...toTake].includes(standby.partition)) this.#drop(standby);
    for (const partition of partitions) if (!this.#standbys.has(partition)) this.#begin(partition);
    if (this.#standbys.size > 0) this.#running ??= this.#run();
  }

  /** Gives the warm copy up to the task of the partition. @returns undefined when there is none that can be believed */
  async take(partition: number): Promise<WarmCopy | undefined> {
    const standby = this.#standbys.get(partition);
    if (standby === undefined) return undefined;
    this.#forget(standby);
    const { observer, now } = this.#options;
    const warm = await standby.opened.catch(() => undefined);
    if (warm === undefined) return undefined;
    let isTaken = false;
    try {
      const doubt = warm.doubt(await this.#describe(partition), now());
      isTaken = doubt === undefined;
      if (isTaken) return warm;
      observer.log?.("the warm copy is not used", { partition, doubt });
      return undefined;
    } finally {
      if (!isTaken) await warm.copy?.discard();
    }
  }

  /** What the standbys hold, and how far they are behind. */
  figures(): StandbyFigures[] {
    return [...this.#standbys.values()].flatMap(({ partition, warm }) =>
      (warm?.figures() ?? []).map((figures) => {
        const lagRecords = this.#options.source.lag(this.#changelog(figures.store, partition));
        return { ...figures, partition, ...(lagRecords === undefined ? {} : { lagRecords }) };
      }),
    );
  }

  /** Ends them all. The copies are closed in the background. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const standby of [...this.#standbys.values()]) this.#drop(standby);
    this.#options.source.interrupt();
    await this.#running;
  }

  /** Never rejects (N3). */
  async #run(): Promise<void> {
    const { source, now, observer } = this.#options;
    while (!this.#closed) {
      try {
        const chunk = await source.next(waitMs);
        for (const standby of this.#standbys.values())
          if (standby.warm?.isTooOld(now()) === true)
            this.#again(standby, "it was out of contact for too long");
        if (chunk !== undefined) this.#apply(chunk);
        this.#keepUp();
      } catch (error) {
        observer.log?.("reading changelogs for the standbys failed; they begin anew", {
          error: String(error),
        });
        for (const standby of [...this.#standbys.values()])
          this.#again(standby, "its changelog could not be read");
      }
    }
  }

  /**
   * A chunk is of the assignment that is there now: one of an earlier assignment was taken in this turn of the event loop
   * at the latest, and a standby that begins anew needs a round trip before it has a warm copy.
   */
  #apply({ topic, partition, records, nextOffset }: FetchedChunk): void {
    const standby = this.#standbys.get(partition);
    const store = this.#storeOf.get(topic);
    if (standby?.warm === undefined || store === undefined) return;
    try {
      standby.warm.apply(store, records, nextOffset);
    } catch (error) {
      // Whoever owns the partition next says so as well, with what to do about it.
      this.#options.observer.log?.("a standby cannot read its changelog, and ends", {
        partition,
        store,
        error: String(error),
      });
      this.#drop(standby);
    }
  }

  /** Notes up to when nothing is missing, and writes the copies whose time has come. */
  #keepUp(): void {
    const { specs, source, now, writeCopy } = this.#options;
    for (const { partition, warm } of this.#standbys.values()) {
      if (warm === undefined) continue;
      for (const { name } of specs) {
        const atMs = source.coveredAtMs(this.#changelog(name, partition));
        if (atMs !== undefined) warm.cover(name, atMs);
      }
      if (warm.copy?.isDue(now()) === true) void writeCopy(warm.copy);
    }
  }

  #begin(partition: number): void {
    const opened = this.#open(partition);
    const standby: Standby = { partition, opened, warm: undefined };
    this.#standbys.set(partition, standby);
    opened.then(
      (warm) => this.#opened(standby, warm),
      (error: unknown) => this.#again(standby, String(error)),
    );
  }

  async #open(partition: number): Promise<WarmCopy> {
    const { specs, openCopy, now } = this.#options;
    const nowMs = now();
    // First, and asked for before this returns: the copy of a predecessor is closed by then, and nothing waits for this one.
    const copy = await openCopy(partition);
    const facts = await this.#describe(partition).catch(async (error: unknown) => {
      await copy?.discard();
      throw error;
    });
    try {
      return new WarmCopy({ partition, specs, facts, copy, nowMs });
    } catch {
      // A value that its serde refuses: the copy is of no use, the changelog may be.
      await copy?.destroy();
      return new WarmCopy({ partition, specs, facts, copy: undefined, nowMs });
    }
  }

  #opened(standby: Standby, warm: WarmCopy): void {
    const { partition } = standby;
    if (this.#standbys.get(partition) !== standby) return;
    const { specs, source, observer } = this.#options;
    if (!warm.canBeKept) {
      observer.log?.("no standby is kept: delete.retention.ms of a changelog is too short, or hidden", {
        partition,
      });
      this.#drop(standby);
      return;
    }
    standby.warm = warm;
    for (const { name } of specs) source.assign(this.#changelog(name, partition), warm.offset(name));
    observer.log?.("standing by", { partition, entries: warm.figures().map(({ entries }) => entries) });
  }

  /** Drops a standby, and begins it anew a while later (N2). */
  #again(standby: Standby, why: string): void {
    const { partition } = standby;
    if (this.#standbys.get(partition) !== standby) return;
    this.#options.observer.log?.("a standby begins anew", { partition, why });
    this.#drop(standby);
    const waiting: Standby = { partition, opened: Promise.reject(new Error(why)), warm: undefined };
    waiting.opened.catch(() => {});
    this.#standbys.set(partition, waiting);
    void this.#options.clock.delay(againAfterMs).then(() => {
      if (this.#standbys.get(partition) === waiting && !this.#closed) this.#begin(partition);
    });
  }

  #drop(standby: Standby): void {
    this.#forget(standby);
    const copy = standby.opened.then(
      (warm) => warm.copy,
      () => undefined,
    );
    this.#options.closeCopy(standby.partition, copy);
  }

  #forget({ partition }: Standby): void {
    this.#standbys.delete(partition);
    for (const { name } of this.#options.specs)
      this.#options.source.unassign(this.#changelog(name, partition));
  }

  async #describe(partition: number): Promise<Map<string, ChangelogFacts>> {
    const { specs, changelogs } = this.#options;
    return new Map(
      await Promise.all(
        specs.map(
          async ({ name }) => [name, await changelogs.describe(this.#changelog(name, partition))] as const,
        ),
      ),
    );
  }

  #changelog(store: string, partition: number): TopicPartition {
    return { topic: this.#options.changelogOf(store), partition };
  }
}
