// A warm copy: the committed state of one partition that another member owns, kept in memory a little behind it.
//
//   H1. It holds what read-committed records of the changelogs before its offsets come to, in the order of the log: what a
//       restore up to there would give. It is never read by a handler.
//   H2. It knows the time up to which no record of any of its changelogs is missing. Too long after it, tombstones that
//       it has not read may be gone from the log, and it is not to be used any more (K2 in state/checkpoint.ts).

import { type ChangelogFacts, checkpointFormat, type Doubt, doubtOf } from "../state/checkpoint.ts";
import type { LocalCopy } from "../state/local-copy.ts";
import { MemoryStore } from "../state/memory-store.ts";
import type { AnyStoreSpec } from "../state/store.ts";
import type { RawRecord } from "./record.ts";
import { textOf } from "./record-decoding.ts";
import type { HeldStores } from "./task-stores.ts";

/** What a warm copy begins from. */
export interface WarmCopyStart {
  readonly partition: number;
  readonly specs: readonly AnyStoreSpec[];
  /** Of the changelog of each store, as they were when it began. */
  readonly facts: ReadonlyMap<string, ChangelogFacts>;
  /** The copy on the local disk, kept up beside it. */
  readonly copy: LocalCopy | undefined;
  /** Wall clock when it began. */
  readonly nowMs: number;
}

interface WarmStore {
  readonly spec: AnyStoreSpec;
  readonly memory: MemoryStore<unknown>;
  readonly facts: ChangelogFacts;
  offset: number;
  coveredAtMs: number;
  /** Values applied, and their bytes with their keys: what an entry takes on the average. */
  applied: number;
  appliedBytes: number;
}

/** Half of it must be longer than a fetch that has to be made again takes. */
const deleteRetentionMsMin = 120_000;

/** What a warm copy takes, store by store. */
export interface WarmFigures {
  readonly store: string;
  readonly entries: number;
  /** Keys and values as the changelog has them: entries by the mean size of those that were read. */
  readonly bytes: number;
}

/** The state of one partition, without a task. */
export class WarmCopy {
  readonly partition: number;
  readonly copy: LocalCopy | undefined;
  readonly #stores = new Map<string, WarmStore>();

  /** @throws what a serde throws at a value of the copy on disk */
  constructor({ partition, specs, facts, copy, nowMs }: WarmCopyStart) {
    this.partition = partition;
    this.copy = copy;
    for (const spec of specs) {
      const of = facts.get(spec.name) as ChangelogFacts;
      const copied = copy?.offset(spec.name);
      const store: WarmStore = {
        spec,
        memory: new MemoryStore(),
        facts: of,
        offset: copied ?? of.startOffset,
        coveredAtMs: copied === undefined ? nowMs : (copy?.coveredAtMs ?? 0),
        applied: 0,
        appliedBytes: 0,
      };
      this.#stores.set(spec.name, store);
      if (copied !== undefined)
        for (const [key, value] of copy?.entries(spec.name) ?? []) apply(store, key, value);
    }
  }

  /** Whether its changelogs keep tombstones for long enough to be read in time. */
  get canBeKept(): boolean {
    return [...this.#stores.values()].every(({ facts }) => facts.deleteRetentionMs >= deleteRetentionMsMin);
  }

  /** Its stores, to be handed to a task. */
  get held(): HeldStores {
    return new Map([...this.#stores].map(([name, { memory }]) => [name, memory]));
  }

  /** Next offset of the store's changelog. */
  offset(store: string): number {
    return this.#of(store).offset;
  }

  /** Applies records of a store's changelog that follow its offset. @throws what the serde throws */
  apply(store: string, records: readonly RawRecord[], nextOffset: number): void {
    const of = this.#of(store);
    for (const { key, value } of records) {
      const bytes = key ?? new Uint8Array();
      apply(of, bytes, value);
      this.copy?.stage(store, { key: textOf(bytes), value });
    }
    of.offset = nextOffset;
    this.copy?.advance(store, nextOffset);
  }

  /** Says that nothing that was decided in the store's changelog before that time is missing. */
  cover(store: string, atMs: number): void {
    const of = this.#of(store);
    of.coveredAtMs = Math.max(of.coveredAtMs, atMs);
    this.copy?.cover(this.#coveredAtMs);
  }

  /** Whether so much time passed without it that tombstones may be missing (H2). */
  isTooOld(nowMs: number): boolean {
    return [...this.#stores.values()].some(
      ({ coveredAtMs, facts }) => nowMs - coveredAtMs > facts.deleteRetentionMs / 2,
    );
  }

  /** Why it must not be used with changelogs of which this is known now, if so. */
  doubt(facts: ReadonlyMap<string, ChangelogFacts>, nowMs: number): Doubt | undefined {
    const stores = [...this.#stores.values()];
    const fingerprintOf = ({ serde }: AnyStoreSpec): string => serde.fingerprint ?? "";
    return doubtOf(
      {
        format: checkpointFormat,
        clusterId: stores[0]?.facts.clusterId ?? "",
        coveredAtMs: this.#coveredAtMs,
        stores: Object.fromEntries(
          stores.map(({ spec, offset, facts: { topicId } }) => [
            spec.name,
            { offset, topicId, fingerprint: fingerprintOf(spec) },
          ]),
        ),
      },
      stores.map(({ spec }) => ({
        name: spec.name,
        fingerprint: fingerprintOf(spec),
        facts: facts.get(spec.name) as ChangelogFacts,
      })),
      nowMs,
    );
  }

  figures(): WarmFigures[] {
    return [...this.#stores.values()].map(({ spec, memory, applied, appliedBytes }) => ({
      store: spec.name,
      entries: memory.size,
      bytes: applied === 0 ? 0 : Math.round((memory.size * appliedBytes) / applied),
    }));
  }

  get #coveredAtMs(): number {
    return Math.min(...[...this.#stores.values()].map(({ coveredAtMs }) => coveredAtMs));
  }

  #of(store: string): WarmStore {
    return this.#stores.get(store) as WarmStore;
  }
}

const apply = (store: WarmStore, key: Uint8Array, value: Uint8Array | null): void => {
  const text = textOf(key);
  if (value === null) {
    store.memory.delete(text);
    return;
  }
  store.memory.put(text, store.spec.serde.deserialize(value));
  store.applied++;
  store.appliedBytes += key.length + value.length;
};
