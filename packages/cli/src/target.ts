// Which pipeline a command works on.
//
//   A1. What is named wins over what is found: --brokers, then KAFKA_BROKERS, then the note of a running `start`.
//   A2. A note whose launcher is gone counts as none: its brokers are gone as well.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  baseConfig,
  kafkaConnection,
  kafkaSecurityConfig,
  kafkaSecurityFaults,
  loadConfig,
} from "@riffle/service-kit";
import type { WireOptions } from "@riffle/streams/kafka";
import { Type } from "typebox";
import { type Call } from "./command.ts";
import { textOption } from "./command-line.ts";
import { CliError } from "./errors.ts";

/** Written by infra/launcher/run-file.ts. */
const runFile = join(import.meta.dirname, "../../../.riffle/run.json");

/** What `start` wrote about the pipeline it runs. */
export interface RunNote {
  readonly brokers: readonly string[];
  readonly ingestUrl: string;
}

/** The note of a launcher that is alive (A2). */
export const readRunNote = (file = runFile): RunNote | undefined => {
  let note: unknown;
  try {
    note = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  if (
    typeof note !== "object" ||
    note === null ||
    !("pid" in note && "brokers" in note && "ingestUrl" in note)
  )
    return undefined;
  const { pid, brokers, ingestUrl } = note;
  const isWhole = typeof pid === "number" && Array.isArray(brokers) && typeof ingestUrl === "string";
  return isWhole && isAlive(pid) ? { brokers: brokers.map(String), ingestUrl } : undefined;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

const schema = Type.Object({ KAFKA_BROKERS: baseConfig.KAFKA_BROKERS, ...kafkaSecurityConfig });

/**
 * How to reach the brokers.
 *
 * @throws CliError CLI_NO_PIPELINE; ConfigError when a variable, or the list of brokers, is wrong
 */
export const findBrokers = (call: Call, note = readRunNote()): WireOptions => {
  const brokers = textOption(call, "brokers") ?? (call.env["KAFKA_BROKERS"] || note?.brokers.join(","));
  if (brokers === undefined) {
    const message =
      "No brokers are named, and no pipeline runs in this checkout. Start one with `npx -y pnpm@10 start`, or name brokers with --brokers or KAFKA_BROKERS.";
    throw new CliError("CLI_NO_PIPELINE", message);
  }
  const env = { ...call.env, KAFKA_BROKERS: brokers };
  const config = loadConfig(schema, { env, checks: [kafkaSecurityFaults] });
  return { ...kafkaConnection(config), clientId: "riffle" };
};
