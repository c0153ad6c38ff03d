// One LMDB environment: a task's committed state on the local disk. The only file that imports lmdb.
//
// Flags, by lmdb-js's own documentation. `noSync`: nothing is flushed to the disk explicitly. It may corrupt the file when
// the machine stops, which is why nothing is read from a file whose bytes are not those that were sealed
// (state-directory.ts); the changelog is the truth, and a lost copy costs a longer restore. No `useWritemap`: the file is
// written by calls and not through memory, so a stray pointer cannot damage it. No `noMemInit`: what lies beside the
// records would be whatever the process had in its memory.
//
//   E1. A key that is longer than LMDB allows is stored under its SHA-256, with the key in front of the value.
//   E2. A slice is written whole or not at all, and only while this environment is the last one that claimed the file.

import { hash, randomUUID } from "node:crypto";
import { type Database, open, type RootDatabase } from "lmdb";
import type { StoreChange } from "./changelogged-store.ts";

/** Below the 1,978 bytes that lmdb-js takes for a key at the default page size. */
const keyBytesMax = 1_900;
const plainKey = 0;
const hashedKey = 1;

const binaryKeys = { encoding: "binary", keyEncoding: "binary" } as const;
const checkpointKey = Buffer.from("checkpoint");
const claimKey = Buffer.from("claim");

/** Where LMDB's first meta page says what the file is, and what it says: its magic number and the version of its layout. */
const magicAt = 24;
const magic = 0xbeefc0de;
const layoutVersion = 2;

/** How many bytes {@link isLmdbFile} looks at. */
export const lmdbHeadBytes = magicAt + 8;

/** Whether this version of LMDB can open the file. It must not be asked itself: for any other file it ends the process. */
export const isLmdbFile = (head: Buffer): boolean =>
  head.length >= lmdbHeadBytes &&
  head.readUInt32LE(magicAt) === magic &&
  head.readUInt32LE(magicAt + 4) === layoutVersion;

/** Somebody else has claimed the file since; it must be left alone. */
export class ClaimLostError extends Error {
  override readonly name = "ClaimLostError";
}

/** An open environment: one database for each store, and one for the checkpoint. */
export class LmdbEnvironment {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #meta: Database<Buffer, Buffer>;
  readonly #stores = new Map<string, Database<Buffer, Buffer>>();
  readonly #claim = Buffer.from(randomUUID());

  private constructor(root: RootDatabase<Buffer, Buffer>, stores: readonly string[]) {
    this.#root = root;
    this.#meta = root.openDB({ name: "meta", ...binaryKeys });
    for (const store of stores)
      this.#stores.set(store, root.openDB({ name: `store-${store}`, ...binaryKeys }));
  }

  /** Opens or creates the files in the folder. @throws what LMDB says */
  static open(folder: string, stores: readonly string[]): LmdbEnvironment {
    const root = open<Buffer, Buffer>({
      path: folder,
      noSubdir: false,
      noSync: true,
      overlappingSync: false,
      maxDbs: stores.length + 2,
      ...binaryKeys,
    });
    return new LmdbEnvironment(root, stores);
  }

  /** What the last slice said of itself, if there is one. */
  checkpoint(): string | undefined {
    return this.#meta.get(checkpointKey)?.toString();
  }

  /** Every entry of a store; the value is valid for as long as it is held. */
  *entries(store: string): IterableIterator<[key: Buffer, value: Buffer]> {
    for (const { key, value } of this.#database(store).getRange()) {
      if (key[0] === plainKey) yield [key.subarray(1), value];
      else {
        const length = value.readUInt32LE(0);
        yield [value.subarray(4, 4 + length), value.subarray(4 + length)];
      }
    }
  }

  /** Keeps others from writing (E2). */
  claim(): void {
    this.#root.transactionSync(() => this.#meta.putSync(claimKey, this.#claim));
  }

  /**
   * Writes changes of any stores, and the checkpoint if there is one, in one LMDB transaction.
   *
   * @throws ClaimLostError and what LMDB says; nothing is written then
   */
  write(changes: Iterable<readonly [store: string, change: StoreChange]>, checkpoint?: string): void {
    this.#root.transactionSync(() => {
      if (!this.#meta.get(claimKey)?.equals(this.#claim))
        throw new ClaimLostError("another process has claimed the local state");
      for (const [store, change] of changes) this.#write(this.#database(store), change);
      if (checkpoint !== undefined) this.#meta.putSync(checkpointKey, Buffer.from(checkpoint));
    });
  }

  close(): Promise<void> {
    return this.#root.close();
  }

  #write(database: Database<Buffer, Buffer>, { key, value }: StoreChange): void {
    const text = Buffer.from(key, "utf8");
    const isLong = text.length > keyBytesMax;
    const stored = Buffer.concat(
      isLong
        ? [Buffer.of(hashedKey), Buffer.from(hash("sha256", text, "hex"), "hex")]
        : [Buffer.of(plainKey), text],
    );
    if (value === null) database.removeSync(stored);
    else if (!isLong) database.putSync(stored, asBuffer(value));
    else {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      database.putSync(stored, Buffer.concat([length, text, value]));
    }
  }

  #database(store: string): Database<Buffer, Buffer> {
    const database = this.#stores.get(store);
    if (database === undefined) throw new Error(`the local state was opened without the store ${store}`);
    return database;
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
