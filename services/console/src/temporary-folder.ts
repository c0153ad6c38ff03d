// The folder of a console that was given none: it goes with its process, and what a killed one left goes with the next start.
//
//   F1. It is removed when the process ends in whatever way a process is told of.
//   F2. A start removes folders whose name says this machine and a process that is gone. One that may be in use, of another
//       machine, of another user or of another name, stays.

import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

const prefix = "riffle-console-";
/** Six letters are mkdtemp's. */
const ending = /^(?<host>.+)-(?<pid>[1-9][0-9]{0,9})-[A-Za-z0-9]{6}$/;

/** A folder that was made, and those of dead processes that were removed. */
export interface TemporaryFolder {
  readonly path: string;
  readonly removed: readonly string[];
}

/** Where folders are made, and for whom. All of it may be left out. */
export interface TemporaryFolderOptions {
  /** @default the system's folder for what is temporary */
  readonly parent?: string;
  /** Whether a process of this machine lives. @default asks the system */
  readonly isAlive?: (pid: number) => boolean;
}

/** Makes one, and removes what was left. */
export function makeTemporaryFolder({
  parent = tmpdir(),
  isAlive = isRunning,
}: TemporaryFolderOptions = {}): TemporaryFolder {
  const removed = readdirSync(parent).filter((name) => isLeft(name, parent, isAlive) && remove(parent, name));
  const path = mkdtempSync(join(parent, `${prefix}${hostname()}-${process.pid}-`));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  return { path, removed };
}

function isLeft(name: string, parent: string, isAlive: (pid: number) => boolean): boolean {
  if (!name.startsWith(prefix)) return false;
  const { host, pid } = ending.exec(name.slice(prefix.length))?.groups ?? {};
  if (host !== hostname() || pid === undefined || isAlive(Number(pid))) return false;
  const found = lstatSync(join(parent, name), { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

function remove(parent: string, name: string): boolean {
  try {
    rmSync(join(parent, name), { recursive: true, force: true });
    return true;
  } catch {
    // Its contents are somebody else's. A start does not fail for what it does not need.
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: unknown }).code !== "ESRCH";
  }
}
