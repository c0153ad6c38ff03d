// Facts of the machine: Node, a container engine, Java, ports, and the variables of the services.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { serviceNames } from "@riffle/contracts";
import { ConfigError, loadConfig } from "@riffle/service-kit/process";
import { readRunNote } from "../target.ts";
import type { EnvironmentFacts, Facts } from "./facts.ts";

const run = promisify(execFile);
const commandWithinMs = 5_000;

type Env = Readonly<Record<string, string | undefined>>;

/** The ports of `start`, in the words of infra/launcher/settings.ts. */
const neededPorts: readonly (readonly [port: number, purpose: string, variable: string])[] = [
  [8080, "ingest", "INGEST_PORT"],
  [8090, "the console", "CONSOLE_PORT"],
];

export const lookAtMachine = async (): Promise<EnvironmentFacts> => {
  const taken = await Promise.all(
    neededPorts.map(async ([port, purpose, variable]) =>
      (await isFree(port)) ? [] : [{ port, purpose, variable }],
    ),
  );
  return {
    nodeVersion: process.version,
    docker: await answers("docker", ["info", "--format", "{{.ServerVersion}}"]),
    javaVersion: await javaVersion(),
    pipelineRuns: readRunNote() !== undefined,
    takenPorts: taken.flat(),
  };
};

const answers = async (command: string, args: readonly string[]): Promise<boolean> => {
  try {
    await run(command, [...args], { timeout: commandWithinMs });
    return true;
  } catch {
    return false;
  }
};

const javaVersion = async (): Promise<number | undefined> => {
  const home = process.env["JAVA_HOME"];
  const command = home === undefined || home === "" ? "java" : join(home, "bin", "java");
  try {
    // It writes to standard error, in every version.
    const { stderr } = await run(command, ["-version"], { timeout: commandWithinMs });
    const major = /version "(?:1\.)?(?<major>\d+)/.exec(stderr)?.groups?.["major"];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });

/** The built services of a checkout: their configuration is looked at where it lies beside the command. */
const servicesFolder = join(import.meta.dirname, "../../../../services");

/** Variables that are set here, and that a service of this checkout would not take. */
export const lookAtVariables = async (env: Env): Promise<Facts["variables"][number][]> => {
  const found: Facts["variables"][number][] = [];
  for (const service of serviceNames) {
    for (const schema of await schemasOf(service)) {
      try {
        loadConfig(schema, { env });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        // What is not set here is set where the service runs.
        for (const { variable, problem } of error.faults)
          if ((env[variable] ?? "") !== "" && found.every((fault) => fault.variable !== variable))
            found.push({ service, variable, problem });
      }
    }
  }
  return found;
};

type Schema = Parameters<typeof loadConfig>[0];

const schemasOf = async (service: string): Promise<Schema[]> => {
  const file = join(servicesFolder, service, "dist/config.js");
  if (!existsSync(file)) return [];
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
  return Object.values(module).filter(isSchema);
};

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" &&
  value !== null &&
  "properties" in value &&
  typeof value.properties === "object" &&
  value.properties !== null &&
  "KAFKA_BROKERS" in value.properties;
