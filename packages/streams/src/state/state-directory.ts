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

import { randomUUID } from "node:crypto";
import { mkdir, open as openFile, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { crc32c } from "../kafka/crc32c.ts";
import type { Doubt } from "./checkpoint.ts";
import { isLmdbFile, lmdbHeadBytes } from "./lmdb-environment.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts";

interface Seal {
  readonly bytes: number;
  readonly crc: number;
}

const pieceBytes = 1 << 20;

/** Folders that this process has open. */
const claimed = new Set<string>();

/** A claimed folder. */
export class StateDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder if it is missing, and claims it. @returns undefined when a live process has it (D3) */
  static async claim(folder: string): Promise<StateDirectory | undefined> {
    const path = resolve(folder);
    if (claimed.has(path)) return undefined;
    claimed.add(path);
    try {
      await mkdir(path, { recursive: true });
      if (await takeOwnership(join(path, "owner"))) return new StateDirectory(path);
    } catch (error) {
      claimed.delete(path);
      throw error;
    }
    claimed.delete(path);
    return undefined;
  }

  /** Why the data must not be opened, if so (D1, D2). */
  async doubt(): Promise<Doubt | undefined> {
    const seal = await readJson<Seal>(this.#file("seal"));
    const found = await digestOf(this.#file("data.mdb"));
    if (seal === undefined) return found === undefined ? "absent" : "unsealed";
    if (found?.bytes !== seal.bytes || found.crc !== seal.crc) return "damaged";
    return isLmdbFile(found.head) ? undefined : "unreadable";
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
    for (const name of ["data.mdb", "lock.mdb"]) await rm(this.#file(name), { force: true });
  }

  /** Lets others have the folder. */
  async release(): Promise<void> {
    const owner = await readJson<ProcessIdentity>(this.#file("owner"));
    if (owner?.pid === process.pid) await rm(this.#file("owner"), { force: true });
    claimed.delete(this.path);
  }

  #file(name: string): string {
    return join(this.path, name);
  }
}

/** @returns whether this process owns it now */
const takeOwnership = async (file: string): Promise<boolean> => {
  const own = JSON.stringify(ownIdentity());
  for (;;) {
    try {
      await writeFile(file, own, { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    }
    const owner = await readJson<ProcessIdentity>(file);
    if (owner !== undefined && isAlive(owner)) return false;
    // Left by a process that was killed. Should two come by at once, LMDB's claim decides who writes.
    await unlink(file).catch(() => {});
  }
};

/** A file's seal and its first bytes. */
interface Digest extends Seal {
  readonly head: Buffer;
}

/** Reads a file in pieces; undefined when there is none. */
const digestOf = async (path: string): Promise<Digest | undefined> => {
  const file = await openFile(path, "r").catch((error: unknown) => {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const piece = Buffer.allocUnsafe(pieceBytes);
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
    await file.close();
  }
};

/** @returns undefined for a file that is missing or no JSON */
const readJson = async <T>(path: string): Promise<T | undefined> => {
  try {
    return (JSON.parse(await readFile(path, "utf8")) as T | null) ?? undefined;
  } catch {
    return undefined;
  }
};

/** Whole or not at all. */
const replaceFile = async (path: string, content: object): Promise<void> => {
  const written = `${path}-${randomUUID()}`;
  await writeFile(written, JSON.stringify(content));
  await rename(written, path);
};
