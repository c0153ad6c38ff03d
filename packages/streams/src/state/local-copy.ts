// The local copy: a task's committed state on the disk of its machine, so that a restart reads only what is missing.
//
//   C1. Only committed data goes in: what a commit wrote is staged once the commit is known to stand.
//   C2. The copy may be ahead of its checkpoint's offsets, never behind them. It is written in slices, between which other
//       work goes on; offsets go in with the last slice.
//   C3. Any failure of the disk ends the copy, not the task: state is in memory and in the changelog. A disk that is full is
//       found so before anything is written: what was sealed stays as it was, and it is tried again until too much waits.
//   C4. A copy that is not believed (checkpoint.ts) is removed before anything is read from it.

import { setImmediate as turn } from "node:timers/promises";
import { StreamsError } from "../errors.ts";
import type { StoreChange } from "./changelogged-store.ts";
import {
  type Checkpoint,
  type CopiedStore,
  checkpointFormat,
  type Doubt,
  doubtOf,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { LmdbEnvironment } from "./lmdb-environment.ts";
import { StateDirectory } from "./state-directory.ts";

/** What a copy is of, and where it lies. */
export interface LocalCopyOptions {
  readonly folder: string;
  /** At least one. */
  readonly stores: readonly CopiedStore[];
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** So much must be free on the disk beside what is written. Default 16 MiB; asked for at each writing. */
  readonly spareBytes?: number;
  /** How often it is written; it may be less often (see {@link LocalCopy.isDue}). */
  readonly intervalMs: number;
  /** Told when the copy ends, and when it has to wait for room on the disk: once for each time of waiting (C3). */
  readonly onFailure: (error: unknown, waits: boolean) => void;
}

/** A copy that was opened, and why it is empty if it could not be used. */
export interface OpenedCopy {
  /** Undefined when there can be none. */
  readonly copy: LocalCopy | undefined;
  readonly doubt: Doubt | undefined;
}

/** One LMDB transaction writes so many keys; a few milliseconds. */
const sliceKeys = 2_000;
/** So much that waits is written at once, whatever the interval says. */
const pendingBytesMax = 32 << 20;
/** Writing takes at most this share of the time: sealing reads the whole file. */
const restFactor = 20;
/** An idle copy is written once in so many intervals, so that it does not grow old. */
const refreshIntervals = 60;

/** The copy of one task. */
export class LocalCopy {
  readonly #directory: StateDirectory;
  readonly #environment: LmdbEnvironment;
  readonly #options: LocalCopyOptions;
  readonly #offsets = new Map<string, number>();
  #pending = new Map<string, Map<string, Uint8Array | null>>();
  #pendingBytes = 0;
  #coveredAtMs: number;
  #sealedCoveredAtMs: number;
  #isClaimed = false;
  #isSealed: boolean;
  #hasEnded = false;
  #waitsForRoom = false;
  #writing: Promise<void> | undefined;
  #dueAtMs: number;

  private constructor(
    directory: StateDirectory,
    environment: LmdbEnvironment,
    options: LocalCopyOptions,
    checkpoint: Checkpoint | undefined,
  ) {
    this.#directory = directory;
    this.#environment = environment;
    this.#options = options;
    this.#coveredAtMs = checkpoint?.coveredAtMs ?? 0;
    this.#sealedCoveredAtMs = this.#coveredAtMs;
    this.#isSealed = checkpoint !== undefined;
    this.#dueAtMs = options.now() + options.intervalMs;
    for (const [store, { offset }] of Object.entries(checkpoint?.stores ?? {}))
      this.#offsets.set(store, offset);
  }

  /** Opens the copy if it can be believed, else an empty one in its place (C4). Does not throw. */
  static async open(options: LocalCopyOptions): Promise<OpenedCopy> {
    let directory: StateDirectory | undefined;
    try {
      directory = StateDirectory.claim(options.folder);
      if (directory === undefined) return { copy: undefined, doubt: "locked" };
      return await openClaimed(
        directory,
        options,
        (environment, checkpoint) =>
          new LocalCopy(directory as StateDirectory, environment, options, checkpoint),
      );
    } catch (error) {
      options.onFailure(error, false);
      letGo(directory);
      return { copy: undefined, doubt: "failed" };
    }
  }

  /** Where the changelog of a store goes on after the copy; undefined when the copy is empty. */
  offset(store: string): number | undefined {
    return this.#offsets.get(store);
  }

  /** Where the changelog of a store ended when the copy was opened, open transactions included. */
  changelogEnd(store: string): number | undefined {
    return this.#options.stores.find(({ name }) => name === store)?.facts.endOffset;
  }

  /** The entries of a store, keys and values as they are in the changelog, those that wait to be written among them. */
  *entries(store: string): IterableIterator<readonly [key: Buffer, value: Uint8Array]> {
    const waiting = this.#pending.get(store);
    for (const entry of this.#environment.entries(store))
      if (waiting?.has(entry[0].toString("utf8")) !== true) yield entry;
    for (const [key, value] of waiting ?? []) if (value !== null) yield [Buffer.from(key, "utf8"), value];
  }

  /** Waits for a writing that is under way. @returns whether it holds everything that was staged: the disk did not fail it */
  async isWhole(): Promise<boolean> {
    while (this.#writing !== undefined) await this.#writing;
    return !this.#hasEnded;
  }

  /** Takes in a committed change (C1). */
  stage(store: string, { key, value }: StoreChange): void {
    if (this.#hasEnded) return;
    let changes = this.#pending.get(store);
    if (changes === undefined) {
      changes = new Map();
      this.#pending.set(store, changes);
    }
    changes.set(key, value);
    this.#pendingBytes += key.length + (value?.length ?? 0);
  }

  /** Says that everything before the offset has been staged. */
  advance(store: string, offset: number): void {
    this.#offsets.set(store, offset);
  }

  /** Before this time nothing committed is missing, epoch milliseconds. */
  get coveredAtMs(): number {
    return this.#coveredAtMs;
  }

  /** Says that nothing committed before this time is missing, epoch milliseconds. */
  cover(atMs: number): void {
    this.#coveredAtMs = Math.max(this.#coveredAtMs, atMs);
  }

  /** Whether so much waits that it should be written now. */
  get isFull(): boolean {
    return this.#pendingBytes >= pendingBytesMax && !this.#hasEnded;
  }

  /** Whether it is time to write. */
  isDue(nowMs: number): boolean {
    if (this.#hasEnded || this.#writing !== undefined) return false;
    if (this.isFull) return true;
    if (nowMs < this.#dueAtMs) return false;
    const refreshMs = refreshIntervals * this.#options.intervalMs;
    return !this.#isSealed || this.#pending.size > 0 || nowMs - this.#sealedCoveredAtMs >= refreshMs;
  }

  /** Writes what is staged, and seals the copy unless told otherwise. Does not throw (C3). */
  async write({ seals = true }: { readonly seals?: boolean } = {}): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#hasEnded) return;
    this.#writing = this.#write(seals)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#writing = undefined;
      });
    await this.#writing;
  }

  /** Writes what is left, and lets others have the folder. Does not throw. */
  async close(): Promise<void> {
    if (this.#pending.size > 0 || !this.#isSealed || this.#coveredAtMs > this.#sealedCoveredAtMs)
      await this.write();
    await this.discard();
  }

  /** Lets go of the folder as it is. Does not throw. */
  async discard(): Promise<void> {
    await this.#writing;
    this.#hasEnded = true;
    this.#pending.clear();
    await this.#environment.close().catch(() => {});
    letGo(this.#directory);
  }

  /** Removes the data, and lets go of the folder. Does not throw. */
  async destroy(): Promise<void> {
    await this.#writing;
    this.#hasEnded = true;
    await this.#environment.close().catch(() => {});
    await this.#directory.wipe().catch(() => {});
    letGo(this.#directory);
  }

  async #write(seals: boolean): Promise<void> {
    const startedMs = performance.now();
    this.#directory.needRoom(this.#pendingBytes, this.#pendingKeys, this.#options.spareBytes);
    this.#waitsForRoom = false;
    const changes = this.#takePending();
    // Taken together with the changes: what is staged while they are written is not in it (C2).
    const coveredAtMs = this.#coveredAtMs;
    const checkpoint = writeCheckpoint(this.#checkpoint());
    this.#isSealed = false;
    await this.#directory.unseal();
    if (!this.#isClaimed) this.#environment.claim();
    this.#isClaimed = true;
    for (let at = 0; at + sliceKeys < changes.length; at += sliceKeys) {
      this.#environment.write(changes.slice(at, at + sliceKeys));
      await turn();
    }
    const left = changes.length % sliceKeys || Math.min(changes.length, sliceKeys);
    this.#environment.write(changes.slice(changes.length - left), checkpoint);
    if (seals) {
      await this.#directory.seal();
      this.#isSealed = true;
      this.#sealedCoveredAtMs = coveredAtMs;
    }
    const restMs = Math.max(this.#options.intervalMs, restFactor * (performance.now() - startedMs));
    this.#dueAtMs = this.#options.now() + restMs;
  }

  #takePending(): (readonly [string, StoreChange])[] {
    const changes = [...this.#pending].flatMap(([store, of]) =>
      [...of].map(([key, value]) => [store, { key, value }] as const),
    );
    this.#pending = new Map();
    this.#pendingBytes = 0;
    return changes;
  }

  #checkpoint(): Checkpoint {
    const { stores } = this.#options;
    return {
      format: checkpointFormat,
      clusterId: stores[0]?.facts.clusterId ?? "",
      coveredAtMs: this.#coveredAtMs,
      stores: Object.fromEntries(
        stores.map(({ name, fingerprint, facts: { topicId } }) => [
          name,
          { offset: this.#offsets.get(name) ?? 0, topicId, fingerprint },
        ]),
      ),
    };
  }

  get #pendingKeys(): number {
    let keys = 0;
    for (const { size } of this.#pending.values()) keys += size;
    return keys;
  }

  #failed(error: unknown): void {
    const waits = error instanceof StreamsError && error.code === "STREAMS_STATE_DISK_FULL" && !this.isFull;
    if (waits) {
      this.#dueAtMs = this.#options.now() + this.#options.intervalMs;
      if (this.#waitsForRoom) return;
    } else {
      this.#hasEnded = true;
      this.#pending.clear();
    }
    this.#waitsForRoom = waits;
    this.#options.onFailure(error, waits);
  }
}

/** What the disk says to it changes nothing: a folder whose owner is dead is free. */
const letGo = (directory: StateDirectory | undefined): void => {
  try {
    directory?.release();
  } catch {}
};

type Make = (environment: LmdbEnvironment, checkpoint: Checkpoint | undefined) => LocalCopy;

const openClaimed = async (
  directory: StateDirectory,
  { stores, now, spareBytes }: LocalCopyOptions,
  make: Make,
): Promise<OpenedCopy> => {
  const names = stores.map(({ name }) => name);
  directory.needRoom(0, 0, spareBytes);
  let doubt = await directory.doubt();
  if (doubt === undefined) {
    const read = await openWritten(directory, names);
    doubt = read === undefined ? "unreadable" : doubtOf(read.checkpoint, stores, now());
    if (read !== undefined && doubt === undefined)
      return { copy: make(read.environment, read.checkpoint), doubt: undefined };
    await read?.environment.close();
  }
  await directory.wipe();
  return { copy: make(LmdbEnvironment.open(directory.path, names), undefined), doubt };
};

/** The environment with its checkpoint; undefined when LMDB or we cannot read it. */
const openWritten = async (directory: StateDirectory, names: readonly string[]) => {
  let environment: LmdbEnvironment | undefined;
  try {
    environment = LmdbEnvironment.open(directory.path, names);
    const checkpoint = readCheckpoint(environment.checkpoint() ?? "");
    if (checkpoint !== undefined) return { environment, checkpoint };
  } catch {
    // What LMDB cannot open is removed like anything else that is not believed.
  }
  await environment?.close().catch(() => {});
  return undefined;
};
