// The stores that the contracts are run over: each layer, in memory and on disk, and how each is restarted.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChangeloggedStore, type StoreChange } from "../../../src/state/changelogged-store.ts";
import type { ChangelogFacts, CopiedStore } from "../../../src/state/checkpoint.ts";
import { LazyStore } from "../../../src/state/lazy-store.ts";
import { LocalCopy, type OpenedCopy } from "../../../src/state/local-copy.ts";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { MeteredStore, StoreMeter } from "../../../src/state/metered-store.ts";
import { jsonSerde } from "../../../src/state/serde.ts";
import { KeyValueSessionStore } from "../../../src/state/session-store.ts";
import type { KeyValueStore, SessionStore, WindowStore } from "../../../src/state/store.ts";
import { KeyValueWindowStore } from "../../../src/state/window-store.ts";
import {
  type StoreUnderTest,
  sessionContractRetention,
  type TimedStoreUnderTest,
  windowContractRetention,
} from "../../../src/testing/store-contracts.ts";
import { atTestEnd } from "../../harness/at-test-end.ts";

/** An empty folder, removed when the test ends. */
export const emptyFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "riffle-state-"));
  atTestEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export const facts: ChangelogFacts = {
  clusterId: "cluster",
  topicId: "topic",
  startOffset: 0,
  endOffset: 1_000_000,
  deleteRetentionMs: 86_400_000,
};

export const copiedStore = (name = "s", more: Partial<CopiedStore> = {}): CopiedStore => ({
  name,
  fingerprint: "json",
  facts,
  ...more,
});

export const startMs = 1_800_000_000_000;

/** Opens a copy that is closed when the test ends; its failures end up in `failures`. */
export const openCopy = async (
  folder: string,
  more: {
    readonly stores?: readonly CopiedStore[];
    readonly nowMs?: number;
    readonly failures?: unknown[];
  } = {},
): Promise<OpenedCopy> => {
  const opened = await LocalCopy.open({
    folder,
    stores: more.stores ?? [copiedStore()],
    now: () => more.nowMs ?? startMs,
    intervalMs: 10_000,
    onFailure: (error) => {
      if (more.failures === undefined) throw error;
      more.failures.push(error);
    },
  });
  const { copy } = opened;
  if (copy !== undefined) atTestEnd(() => copy.discard());
  return opened;
};

/** A store with its layers, restarted from a changelog in memory or from a copy on disk. */
export class LayeredStore<V> implements StoreUnderTest<KeyValueStore<V>> {
  readonly #metered: boolean;
  readonly #lazy: boolean;
  readonly #folder: string | undefined;
  readonly changelog = new Map<string, StoreChange>();
  #copy: LocalCopy | undefined;
  #layers: ChangeloggedStore<V> = new ChangeloggedStore<V>(new MemoryStore(), jsonSerde());
  store: KeyValueStore<V> = this.#layers.store;

  private constructor(metered: boolean, lazy: boolean, folder: string | undefined) {
    this.#metered = metered;
    this.#lazy = lazy;
    this.#folder = folder;
  }

  static async open<V>(
    options: { readonly metered?: boolean; readonly disk?: boolean; readonly lazy?: boolean } = {},
  ): Promise<LayeredStore<V>> {
    const opened = new LayeredStore<V>(
      options.metered ?? false,
      options.lazy ?? false,
      options.disk === true ? await emptyFolder() : undefined,
    );
    await opened.#open();
    return opened;
  }

  async reopen(): Promise<void> {
    this.#layers.drain((change) => this.changelog.set(change.key, change));
    this.#layers.confirm();
    this.#copy?.cover(startMs);
    await this.#copy?.close();
    await this.#open();
  }

  async #open(): Promise<void> {
    if (this.#folder !== undefined) this.#copy = (await openCopy(this.#folder)).copy;
    const copy = this.#copy;
    this.#layers = new ChangeloggedStore<V>(
      this.#lazy ? new LazyStore<V>("s", jsonSerde()) : new MemoryStore(),
      jsonSerde(),
      copy && ((change) => copy.stage("s", change)),
    );
    if (copy === undefined)
      for (const { key, value } of this.changelog.values()) this.#layers.restore(key, value);
    else for (const [key, value] of copy.entries("s")) this.#layers.restore(key.toString(), value);
    this.store = this.#metered ? new MeteredStore(this.#layers.store, new StoreMeter()) : this.#layers.store;
  }
}

/** The memory store by itself: a restart leaves it as it is, for it has nothing to be restored from. */
export const bareStore = (): StoreUnderTest<KeyValueStore<number>> => ({
  store: new MemoryStore<number>(),
  reopen: () => {},
});

/** A window or session store over a layered one. */
const timed = <S extends { expireDue(): void }>(
  under: StoreUnderTest<KeyValueStore<number>>,
  view: (store: KeyValueStore<number>, streamTimeMs: () => number) => S,
): TimedStoreUnderTest<S> => {
  let streamTimeMs = -1;
  let store = view(under.store, () => streamTimeMs);
  return {
    get store() {
      return store;
    },
    advance: (toMs) => {
      streamTimeMs = Math.max(streamTimeMs, toMs);
    },
    reopen: async () => {
      store.expireDue();
      await under.reopen();
      store = view(under.store, () => streamTimeMs);
    },
  };
};

export const windowsOver = (
  under: StoreUnderTest<KeyValueStore<number>>,
): TimedStoreUnderTest<WindowStore<number>> =>
  timed(under, (store, now) => new KeyValueWindowStore(store, windowContractRetention, now));

export const sessionsOver = (
  under: StoreUnderTest<KeyValueStore<number>>,
): TimedStoreUnderTest<SessionStore<number>> =>
  timed(under, (store, now) => new KeyValueSessionStore(store, sessionContractRetention, now));
