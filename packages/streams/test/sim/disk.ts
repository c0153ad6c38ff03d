// The disk of a place: outlives its processes, and can be another one than the last of them left.
//
//   D1. What a process leaves is what its files held when it was killed; what it did afterwards, letting go of them, is lost.
//   D2. Each process has a folder of its own, filled with what its predecessor left: files of a dead one are never shared.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32c } from "../../src/kafka/crc32c.ts";
import type { Random } from "../../src/testing/simulation/random.ts";

/** The files of a copy; undefined for one that is missing. */
export interface Picture {
  readonly data: Buffer | undefined;
  readonly seal: Buffer | undefined;
}

/** What becomes of a disk between two processes. */
export interface Fate {
  readonly name: string;
  readonly picture: Picture;
}

const nothing: Picture = { data: undefined, seal: undefined };

/** Whether the bytes are those that were sealed. */
export const isWhole = ({ data, seal }: Picture): boolean => {
  if (data === undefined || seal === undefined) return false;
  const { bytes, crc } = JSON.parse(String(seal)) as { readonly bytes: number; readonly crc: number };
  return bytes === data.length && crc === crc32c(data, 0);
};

/** Writes a picture's files. */
export const write = (folder: string, { data, seal }: Picture): void => {
  mkdirSync(folder, { recursive: true });
  if (data !== undefined) writeFileSync(join(folder, "data.mdb"), data);
  if (seal !== undefined) writeFileSync(join(folder, "seal"), seal);
};

/** One disk, with the copy of one partition of one service on it. */
export class Disk {
  readonly #root: string;
  readonly #copy: string;
  #lives = 0;

  /** @param root an empty folder of its own @param copy where the copy lies below a process's folder */
  constructor(root: string, copy: string) {
    this.#root = root;
    this.#copy = copy;
  }

  /** What its files hold now. */
  picture(): Picture {
    return { data: contentOf(this.#file("data.mdb")), seal: contentOf(this.#file("seal")) };
  }

  /** A folder for the next process, with these files in it. */
  next(picture: Picture): string {
    this.#lives++;
    write(join(this.#folder, this.#copy), picture);
    return this.#folder;
  }

  get #folder(): string {
    return join(this.#root, String(this.#lives));
  }

  #file(name: string): string {
    return join(this.#folder, this.#copy, name);
  }
}

/**
 * What a disk has become.
 *
 * @param left what the last process left
 * @param earlier what was on it at earlier times, and on the disks of other places
 */
export const fateOf = (random: Random, left: Picture, earlier: readonly Picture[]): Fate => {
  const other = earlier.length === 0 ? nothing : random.pick(earlier);
  const choice = random.next();
  if (choice < 0.4) return { name: "as it was left", picture: left };
  if (choice < 0.6) return { name: "an earlier one, or another place's", picture: other };
  if (choice < 0.7) return { name: "without its seal", picture: { ...left, seal: undefined } };
  if (choice < 0.8) return { name: "its seal without what it is of", picture: { ...other, seal: left.seal } };
  if (choice < 0.9)
    return { name: "written, and its seal is an older one", picture: { ...left, seal: other.seal } };
  return { name: "empty", picture: nothing };
};

const contentOf = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
};
