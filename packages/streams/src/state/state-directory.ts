// The folder of a task's local state: who has it open, and whether its bytes are those that were written.
//
//   `data.mdb`, `lock.mdb`  LMDB's own
//   `seal`                  length and CRC-32C of data.mdb as it was when everything in it was written
//   `owner`                 the process that has it open
//
//   D1. The seal is removed before the data changes and written after: a copy without its seal is never opened.
//   D2. The data is read and compared with the seal before LMDB sees it: a damaged file could end the process in native
//       code. That also covers a machine that stopped before the data reached the disk.
//   D3. One live process has a folder. Another gets none, and nothing is removed.
//       What claiming a folder takes is asked of the disk at once, not by promises: it is a handful of calls on files of a few
//       bytes, and at a start the promises of all tasks would wait for each other.
//   D4. LMDB is not given a disk that is nearly full: lmdb 3.5 ends the process with a segmentation fault, or a bus error,
//       where it finds no room for its first pages.

import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { open as openFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { StreamsError } from "../errors.ts";
import { crc32c } from "../kafka/crc32c.ts";
import type { Doubt } from "./checkpoint.ts";
import { isLmdbFile, lmdbHeadBytes } from "./lmdb-environment.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

/** What a file was when everything in it was written. */
export interface Seal {
  readonly bytes: number;
  readonly crc: number;
}

const pieceBytes = 256 << 10;
/** Pieces to be read into again: at a start each task's copy is read, and memory that is new costs more than what it reads. */
const sparePieces: Buffer[] = [];
const sparePiecesMax = 4;
/** Less than that free counts as full: others write to the disk as well. */
const spareBytesDefault = 16 << 20;
/** LMDB writes the pages that it changes anew, and each key may be in another one. */
const pageBytesPerKey = 8_192;

/** Folders that this process has open. */
const claimed = new Set<string>();

/** A claimed folder. */
export class StateDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder if it is missing, and claims it. @returns undefined when a live process has it (D3) */
  static claim(folder: string): StateDirectory | undefined {
    const path = resolve(folder);
    if (claimed.has(path)) return undefined;
    claimed.add(path);
    try {
      mkdirSync(path, { recursive: true });
      if (takeOwnership(join(path, "owner"))) return new StateDirectory(path);
    } catch (error) {
      claimed.delete(path);
      throw error;
    }
    claimed.delete(path);
    return undefined;
  }

  /** Why the data must not be opened, if so (D1, D2). */
  async doubt(): Promise<Doubt | undefined> {
    return doubtOfBytes(sealOf(this.path), await digestOf(this.#file("data.mdb")));
  }

  /**
   * Makes sure that there is room for so many bytes in so many keys, and some to spare (D4).
   *
   * @throws StreamsError STREAMS_STATE_DISK_FULL when there is not
   */
  needRoom(bytes: number, keys: number, spareBytes = spareBytesDefault): void {
    const { bavail, bsize } = statfsSync(this.path);
    const held = statSync(this.#file("data.mdb"), { throwIfNoEntry: false })?.size ?? 0;
    const needed = spareBytes + 2 * bytes + Math.min(keys * pageBytesPerKey, held);
    const free = bavail * bsize;
    if (free >= needed) return;
    throw new StreamsError(
      "STREAMS_STATE_DISK_FULL",
      `Writing the copy of the state in ${this.path}: the disk has ${mebibytes(free)} MiB free, and ${mebibytes(needed)} are needed. Make room; until then a restart reads more of the changelog.`,
    );
  }

  /** Says that the data is about to change (D1). */
  async unseal(): Promise<void> {
    await rm(this.#file("seal"), { force: true });
  }

  /** Says that the data is whole as it is now (D1). */
  async seal(): Promise<void> {
    const digest = await digestOf(this.#file("data.mdb"));
    if (digest === undefined) return;
    const { bytes, crc } = digest;
    await replaceFile(this.#file("seal"), { bytes, crc } satisfies Seal);
  }

  /** Removes the data. */
  async wipe(): Promise<void> {
    await this.unseal();
    const strays = (await readdir(this.path)).filter((name) => name.startsWith("seal-"));
    for (const name of ["data.mdb", "lock.mdb", ...strays]) await rm(this.#file(name), { force: true });
  }

  /** Lets others have the folder. @throws what the disk says; the folder is free for this process all the same */
  release(): void {
    claimed.delete(this.path);
    const owner = readJson<ProcessIdentity>(this.#file("owner"));
    if (owner?.pid === process.pid) rmSync(this.#file("owner"), { force: true });
  }

  #file(name: string): string {
    return join(this.path, name);
  }
}

const mebibytes = (bytes: number): string => (bytes / (1 << 20)).toFixed(1);

/** Why bytes with this seal must not be given to LMDB, if so (D1, D2). */
export const doubtOfBytes = (seal: Seal | undefined, found: Digest | undefined): Doubt | undefined => {
  if (seal === undefined) return found === undefined ? "absent" : "unsealed";
  if (found?.bytes !== seal.bytes || found.crc !== seal.crc) return "damaged";
  return isLmdbFile(found.head) ? undefined : "unreadable";
};

/** @returns whether this process owns it now */
const takeOwnership = (file: string): boolean => {
  const own = JSON.stringify(ownIdentity());
  for (;;) {
    try {
      writeFileSync(file, own, { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    }
    const owner = readJson<ProcessIdentity>(file);
    if (owner !== undefined && isAlive(owner)) return false;
    // Left by a process that was killed. Should two come by at once, LMDB's claim decides who writes.
    rmSync(file, { force: true });
  }
};

/** A file's seal and its first bytes. */
export interface Digest extends Seal {
  readonly head: Buffer;
}

/** Reads a file in pieces; undefined when there is none. */
export const digestOf = async (path: string): Promise<Digest | undefined> => {
  const file = await openFile(path, "r").catch((error: unknown) => {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  const piece = sparePieces.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
  try {
    let [bytes, crc] = [0, 0];
    let head = Buffer.alloc(0);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes, bytes);
      if (bytesRead === 0) return { bytes, crc, head };
      if (bytes === 0) head = Buffer.copyBytesFrom(piece, 0, Math.min(bytesRead, lmdbHeadBytes));
      crc = crc32c(piece.subarray(0, bytesRead), crc);
      bytes += bytesRead;
    }
  } finally {
    // Nothing reads into it any more: each read was waited for.
    if (sparePieces.length < sparePiecesMax) sparePieces.push(piece);
    await file.close();
  }
};

/** The seal of a folder; undefined when there is none, or none that can be read. */
export const sealOf = (folder: string): Seal | undefined => readJson<Seal>(join(folder, "seal"));

/** @returns undefined for a file that is missing or no JSON */
const readJson = <T>(path: string): T | undefined => {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as T | null) ?? undefined;
  } catch {
    return undefined;
  }
};

/** Whole or not at all. */
const replaceFile = async (path: string, content: object): Promise<void> => {
  const written = `${path}-${randomUUID()}`;
  try {
    await writeFile(written, JSON.stringify(content));
    await rename(written, path);
  } catch (error) {
    await rm(written, { force: true });
    throw error;
  }
};
