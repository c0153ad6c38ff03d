// Which pipeline a command works on.
//
//   A1. What is named wins over what is found: --brokers, then KAFKA_BROKERS, then the note of a running `start`; the same
//       for the addresses of ingest and the console, which have a default besides.
//   A2. A note whose launcher is gone counts as none: its brokers are gone as well.
//   A3. An address that is handed on holds no name and no password, so no message that names it can tell one. One that
//       does is refused: no request would take them along.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  baseConfig,
  ConfigError,
  kafkaConnection,
  kafkaSecurityConfig,
  kafkaSecurityFaults,
  loadConfig,
} from "@riffle/service-kit/process";
import type { WireOptions } from "@riffle/streams/kafka";
import { Type } from "typebox";
import type { Call } from "./command.ts";
import { CliError } from "./errors.ts";
import { textOption } from "./option-values.ts";
import { printable } from "./terminal/printable.ts";

/** Written by infra/launcher/run-file.ts, in the folder that infra/folders.ts names. */
const runFile = resolve(
  process.env["RIFFLE_FOLDER"] || join(import.meta.dirname, "../../../.riffle"),
  "run.json",
);

/** What `start` wrote about the pipeline it runs. */
export interface RunNote {
  readonly brokers: readonly string[];
  readonly ingestUrl: string;
  readonly consoleUrl?: string;
}

const ingestUrlDefault = "http://127.0.0.1:8080";
const consoleUrlDefault = "http://127.0.0.1:8090";

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
  if (!isWhole || brokers.length === 0 || !isAlive(pid)) return undefined;
  const consoleUrl =
    "consoleUrl" in note && typeof note.consoleUrl === "string" ? note.consoleUrl : undefined;
  return { brokers: brokers.map(String), ingestUrl, ...(consoleUrl === undefined ? {} : { consoleUrl }) };
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

/** Where a service of ours answers over HTTP, and as whom it is asked. */
export interface HttpTarget {
  /** Without a slash at its end, and without name and password (A3). */
  readonly url: string;
  /** What says who asks; empty where nothing was set. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How to reach ingest. @throws CliError CLI_USAGE; ConfigError when the variable is wrong */
export const findIngest = (call: Call, note = readRunNote()): HttpTarget =>
  httpTarget(call, {
    option: "ingest-url",
    variable: "INGEST_URL",
    otherwise: note?.ingestUrl,
    standard: ingestUrlDefault,
  });

/** How to reach the console. @throws CliError CLI_USAGE; ConfigError when the variable is wrong */
export const findConsole = (call: Call, note = readRunNote()): HttpTarget =>
  httpTarget(call, {
    option: "console-url",
    variable: "RIFFLE_CONSOLE_URL",
    otherwise: note?.consoleUrl,
    standard: consoleUrlDefault,
  });

/** Where an address is looked for (A1). */
interface AddressPlaces {
  readonly option: string;
  readonly variable: string;
  /** Of the pipeline that runs here. */
  readonly otherwise: string | undefined;
  readonly standard: string;
}

/** Keys and tokens come from variables alone: a command line can be read by everybody on the machine. */
const httpTarget = (call: Call, { option, variable, otherwise, standard }: AddressPlaces): HttpTarget => {
  const [typed, set] = [textOption(call, option), call.env[variable] || undefined];
  const url = (typed ?? set ?? otherwise ?? standard).replace(/\/+$/, "");
  const problem = addressProblem(url, standard);
  if (problem !== undefined && typed === undefined && set !== undefined)
    throw new ConfigError([{ variable, problem }]);
  if (problem !== undefined) throw new CliError("CLI_USAGE", `--${option} ${problem}.`);
  const { RIFFLE_API_KEY: key, RIFFLE_TOKEN: token } = call.env;
  const headers = {
    ...(key === undefined || key === "" ? {} : { "x-api-key": key }),
    ...(token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` }),
  };
  return { url, headers };
};

/** What is wrong with an address, behind what it is the value of (A3); undefined when nothing is. */
const addressProblem = (url: string, standard: string): string | undefined => {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol))
    return `is "${withoutCredentials(url)}"; give an address such as ${standard}`;
  if (address.username === "" && address.password === "") return undefined;
  return `is "${withoutCredentials(url)}": leave out name and password, RIFFLE_API_KEY or RIFFLE_TOKEN says who asks`;
};

/** What stands before an @ may be a password, in whatever is no address either. */
const withoutCredentials = (url: string): string =>
  printable(url.replace(/^(?<scheme>[a-z][a-z\d+.-]*:\/\/)?.*@/is, "$<scheme>…@"));
