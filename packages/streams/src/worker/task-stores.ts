// The stores of one task: the layers of each, and the views over them.
//
//   metered → write-buffered → changelogged → memory, and after the commit the copy on disk
//
// Each layer is a file of state/ with one duty. Handlers read the memory store through one call more, two when metered.

import { StreamsError } from "../errors.ts";
import { ChangeloggedStore, type InnermostStore, type StoreChange } from "../state/changelogged-store.ts";
import { LazyStore } from "../state/lazy-store.ts";
import { MemoryStore } from "../state/memory-store.ts";
import { MeteredStore, type StoreMeter } from "../state/metered-store.ts";
import { KeyValueSessionStore } from "../state/session-store.ts";
import type { AnyStoreSpec, KeyValueStore, StoreOf } from "../state/store.ts";
import { KeyValueWindowStore } from "../state/window-store.ts";

/** Where committed state is copied to. */
export interface CommittedCopy {
  stage(store: string, change: StoreChange): void;
  advance(store: string, offset: number): void;
  cover(atMs: number): void;
}

/** What stores are made with, besides their declarations. */
export interface StoreSurroundings {
  /** The task's stream time, epoch milliseconds. */
  readonly streamTimeMs: () => number;
  /** Counts the operations of the store of that name; not counted when undefined. */
  readonly meterOf?: ((store: string) => StoreMeter) | undefined;
  readonly copy?: CommittedCopy | undefined;
  /** Stores by name that hold committed state already; the others begin empty. */
  readonly held?: HeldStores | undefined;
}

/** Committed state in memory, by the name of its store. */
export type HeldStores = ReadonlyMap<string, MemoryStore<unknown>>;

interface TaskStore {
  readonly layers: ChangeloggedStore<unknown>;
  /** What handlers are given: metered, where it is counted. */
  readonly entries: KeyValueStore<unknown>;
  /** A window or session store over it, made at first use: it reads every entry, which must be restored by then. */
  view: KeyValueWindowStore<unknown> | KeyValueSessionStore<unknown> | undefined;
}

/** All stores that the handlers of a task declare, by name. */
export class TaskStores {
  readonly #stores = new Map<string, TaskStore>();
  readonly #surroundings: StoreSurroundings;

  constructor(specs: readonly AnyStoreSpec[], surroundings: StoreSurroundings) {
    this.#surroundings = surroundings;
    const { copy, meterOf, held } = surroundings;
    for (const spec of specs) {
      const { name, serde } = spec;
      if (this.#stores.has(name)) continue;
      const committed = copy && ((change: StoreChange) => copy.stage(name, change));
      const layers = new ChangeloggedStore<unknown>(held?.get(name) ?? innermost(spec), serde, committed);
      const entries = meterOf === undefined ? layers.store : new MeteredStore(layers.store, meterOf(name));
      this.#stores.set(name, { layers, entries, view: undefined });
    }
  }

  get names(): string[] {
    return [...this.#stores.keys()];
  }

  /** @returns undefined for a store that is not declared */
  get<S extends AnyStoreSpec>(spec: S): StoreOf<S> | undefined {
    const store = this.#stores.get(spec.name);
    if (store === undefined) return undefined;
    const { streamTimeMs } = this.#surroundings;
    if (spec.kind === "window")
      store.view ??= new KeyValueWindowStore<unknown>(store.entries, spec, streamTimeMs);
    else if (spec.kind === "session")
      store.view ??= new KeyValueSessionStore<unknown>(store.entries, spec, streamTimeMs);
    // The name is the only link between a declaration and its values' type.
    return (store.view ?? store.entries) as unknown as StoreOf<S>;
  }

  /** Applies one committed entry; with `stages`, one that the copy on disk does not have yet. */
  restore(store: string, key: string, value: Uint8Array | null, stages: boolean): void {
    this.#stores.get(store)?.layers.restore(key, value);
    if (stages) this.#surroundings.copy?.stage(store, { key, value });
  }

  /** Gives all changes since the last drain to `write`, store by store. Removes what windows and sessions outlived. */
  drain(write: (store: string, change: StoreChange) => void): void {
    for (const [name, { layers, view }] of this.#stores) {
      view?.expireDue();
      layers.drain((change) => write(name, change));
    }
  }

  /** Shows `see` what the next drain would write, removals aside. @throws what a serde throws, and what `see` throws */
  check(see: (store: string, change: StoreChange) => void): void {
    for (const [name, { layers }] of this.#stores) layers.check((change) => see(name, change));
  }

  /** Says that what was drained is committed. @param endOf where the store's changelog goes on after it, if known */
  confirm(endOf: (store: string) => number | undefined, atMs: number): void {
    const { copy } = this.#surroundings;
    if (copy === undefined) return;
    for (const [name, { layers }] of this.#stores) {
      layers.confirm();
      const end = endOf(name);
      if (end !== undefined) copy.advance(name, end);
    }
    copy.cover(atMs);
  }

  /** The stores as they lie below any view, for inspection. */
  *[Symbol.iterator](): IterableIterator<readonly [name: string, store: KeyValueStore<unknown>]> {
    for (const [name, { layers }] of this.#stores) yield [name, layers.store];
  }
}

/** Window and session stores read every entry when they are made, so they gain nothing by waiting. */
const innermost = (spec: AnyStoreSpec): InnermostStore<unknown> =>
  (spec.kind === undefined || spec.kind === "key-value") && spec.readsRestored === "at-first-use"
    ? new LazyStore(spec.name, spec.serde)
    : new MemoryStore();

/** @throws StreamsError STREAMS_STORE_UNKNOWN always */
export const refuseUndeclared = (service: string, store: string, declared: readonly string[]): never => {
  throw new StreamsError(
    "STREAMS_STORE_UNKNOWN",
    `The store "${store}" is not declared by ${service}; it has ${declared.join(", ") || "none"}. Add it to the handler's \`stores\`.`,
  );
};
