// A look at a local copy from outside, while its owner may go on writing it.
//
//   Y1. Nothing in the folder of the copy is opened by LMDB, locked or changed: its sealed bytes are copied elsewhere and
//       compared with the seal there. The owner removes the seal before it writes, so bytes that match it are whole.

import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Checkpoint, type Doubt, readCheckpoint } from "./checkpoint.ts";
import { LmdbEnvironment } from "./lmdb-environment.ts";
import { digestOf, doubtOfBytes, sealOf } from "./state-directory.ts";

/** A snapshot, or why there is none. */
export type TakenSnapshot = { readonly snapshot: CopySnapshot } | { readonly doubt: Doubt };

/** An owner that writes is soon done: so often is it looked at, so long apart. */
const looksDefault = 20;
const lookEveryMs = 250;

/** The sealed state of a copy. Close it: it lies on the disk. */
export class CopySnapshot {
  readonly checkpoint: Checkpoint;
  readonly #folder: string;
  readonly #environment: LmdbEnvironment;

  private constructor(folder: string, environment: LmdbEnvironment, checkpoint: Checkpoint) {
    this.#folder = folder;
    this.#environment = environment;
    this.checkpoint = checkpoint;
  }

  /** Takes one of the copy in the folder (Y1). @param looksMax how often bytes and seal may disagree */
  static async take(folder: string, looksMax = looksDefault): Promise<TakenSnapshot> {
    const own = await mkdtemp(join(tmpdir(), "riffle-snapshot-"));
    try {
      for (let look = 1; ; look++) {
        const doubt = await copySealed(folder, own);
        if (doubt === undefined) break;
        if (doubt === "absent" || look === looksMax) return await without(own, doubt);
        await delay(lookEveryMs);
      }
      const opened = await open(own);
      if (opened === undefined) return await without(own, "unreadable");
      return { snapshot: new CopySnapshot(own, opened.environment, opened.checkpoint) };
    } catch (error) {
      await rm(own, { recursive: true, force: true });
      throw error;
    }
  }

  entries(store: string): IterableIterator<[key: Buffer, value: Buffer]> {
    return this.#environment.entries(store);
  }

  async close(): Promise<void> {
    await this.#environment.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** @returns why what was copied is not what was sealed, if so */
const copySealed = async (from: string, to: string): Promise<Doubt | undefined> => {
  const copied = join(to, "data.mdb");
  const seal = sealOf(from);
  await rm(copied, { force: true });
  await copyFile(join(from, "data.mdb"), copied).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== "ENOENT") throw error;
  });
  return doubtOfBytes(seal, await digestOf(copied));
};

/** The stores are named in the checkpoint, and must be named to open them: so it is opened twice. */
const open = async (folder: string) => {
  const first = LmdbEnvironment.open(folder, []);
  const checkpoint = readCheckpoint(first.checkpoint() ?? "");
  await first.close();
  if (checkpoint === undefined) return undefined;
  return { checkpoint, environment: LmdbEnvironment.open(folder, Object.keys(checkpoint.stores)) };
};

const without = async (folder: string, doubt: Doubt): Promise<TakenSnapshot> => {
  await rm(folder, { recursive: true, force: true });
  return { doubt };
};
