// `.riffle/run.json`: the note that says which pipeline is running in this checkout, for commands in other terminals.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { riffleFolder } from "../folders.ts";

/** What another command needs to reach the pipeline. */
export interface RunNote {
  /** The launcher's process id. */
  readonly pid: number;
  readonly brokers: readonly string[];
  /** `http://127.0.0.1:8080`. */
  readonly ingestUrl: string;
  /** `http://127.0.0.1:8090`. */
  readonly consoleUrl: string;
}

/** Where it lies. */
export const defaultRunFile = join(riffleFolder, "run.json");

export function writeRunNote(note: RunNote, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(note, null, 2)}\n`);
}

/** Removes this process's own note; another launcher's stays. */
export function removeRunNote(file: string): void {
  if (readRunNote(file)?.pid === process.pid) {
    rmSync(file, { force: true });
  }
}

/** The note of a launcher that is alive; one left by a launcher that was killed counts as none. */
export function readRunNote(file: string): RunNote | undefined {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  return isRunNote(found) && isAlive(found.pid) ? found : undefined;
}

function isRunNote(value: unknown): value is RunNote {
  return (
    typeof value === "object" &&
    value !== null &&
    "pid" in value &&
    Number.isInteger(value.pid) &&
    "brokers" in value &&
    Array.isArray(value.brokers) &&
    "ingestUrl" in value &&
    typeof value.ingestUrl === "string" &&
    "consoleUrl" in value &&
    typeof value.consoleUrl === "string"
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
