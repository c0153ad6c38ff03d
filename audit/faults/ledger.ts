// The ledger: one line for each campaign and for each large run of the simulation, so that figures add up over runs and
// a bad one stays on record.

import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One campaign. */
export interface LedgerEntry {
  /** Of the commit it ran on; `+` behind it when files had changed since. */
  readonly commit: string;
  readonly seed: number;
  /** Which faults there are in a round, by the name of the mix. */
  readonly mix?: string;
  readonly minutes: number;
  /** How often each lane of faults came to its end (FP2 in plan.ts). */
  readonly rounds: Readonly<Record<"kills" | "processes" | "network", number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** What was checked. */
  readonly effects: Readonly<Record<string, number>>;
  /** Conditions that must be met sometimes, and how often they were. */
  readonly sometimes: Readonly<Record<string, number>>;
  /** Errors that ended a service, which was then started again. */
  readonly fatals: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  /** What was owed and not done (owed.ts): a campaign that has some ended with 2. Absent in lines before there was this field. */
  readonly missing?: readonly string[];
}

/** One run of the simulation. */
export interface SimulationEntry {
  readonly commit: string;
  /** Its seeds, one after the other from the first; the name of directed runs. */
  readonly simulation: { readonly runs?: string; readonly from: number; readonly seeds: number };
  readonly faults: Readonly<Record<string, number>>;
  readonly effects: Readonly<Record<string, number>>;
  /** The dangerous moments that were met, and how often. */
  readonly sometimes: Readonly<Record<string, number>>;
  /** The first broken promise: the run ends there. */
  readonly violations: readonly string[];
  /** Why it proves less than it should. */
  readonly missing?: readonly string[];
}

/** Where the ledger is kept. */
export const ledgerFile = fileURLToPath(new URL("../ledger.jsonl", import.meta.url));

const git = (...args: string[]): string =>
  execFileSync("git", args, { encoding: "utf8", cwd: fileURLToPath(new URL(".", import.meta.url)) }).trim();

/** The commit of the working tree, with a `+` where anything but the ledger itself differs from it. */
export const commitOf = (): string => {
  try {
    const changed =
      git("status", "--porcelain", "--untracked-files=no", "--", ":/", `:(exclude)${ledgerFile}`) !== "";
    return `${git("rev-parse", "--short=12", "HEAD")}${changed ? "+" : ""}`;
  } catch {
    return "unknown";
  }
};

/** Adds a line. */
export const record = (entry: LedgerEntry | SimulationEntry): void => {
  appendFileSync(ledgerFile, `${JSON.stringify(entry)}\n`);
};
