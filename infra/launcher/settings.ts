// Where the five services listen on this machine, from the environment; everything wrong is reported together.

import type { ServiceName } from "@riffle/contracts";
import { LauncherError } from "./errors.ts";

/** One service as the launcher runs it. */
export interface ServiceSettings {
  readonly name: ServiceName;
  readonly adminPort: number;
  /** The variable that moves the admin port: `FRAUD_DETECTOR_ADMIN_PORT`. */
  readonly adminPortVariable: string;
}

export interface LauncherSettings {
  readonly ingestHost: string;
  readonly ingestPort: number;
  /** In the order in which they stop: first whoever takes work in, last whoever tells people. */
  readonly services: readonly ServiceSettings[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Above the usual 9090 to 9100 of Prometheus and its exporters. */
const adminPorts: readonly (readonly [ServiceName, number])[] = [
  ["ingest", 9101],
  ["filter", 9102],
  ["aggregator", 9103],
  ["fraud-detector", 9104],
  ["notifier", 9105],
];
const defaultIngestPort = 8080;

/** @throws LauncherError naming every variable that holds no port, and every port that is given twice */
export function resolveSettings(env: Environment): LauncherSettings {
  const faults: string[] = [];
  const port = (variable: string, defaultPort: number): number => {
    const text = env[variable];
    const value = text === undefined || text === "" ? defaultPort : Number(text);
    if (!(Number.isInteger(value) && value > 0 && value < 65_536)) {
      faults.push(`${variable} is "${text}"; it must be a port from 1 to 65535`);
    }
    return value;
  };
  const ingestPort = port("INGEST_PORT", defaultIngestPort);
  const services = adminPorts.map(([name, defaultPort]) => {
    const adminPortVariable = `${name.toUpperCase().replaceAll("-", "_")}_ADMIN_PORT`;
    return { name, adminPort: port(adminPortVariable, defaultPort), adminPortVariable };
  });
  const settings = { ingestHost: env["INGEST_HOST"] || "127.0.0.1", ingestPort, services };
  faults.push(...portsGivenTwice(settings));
  if (faults.length > 0) {
    throw new LauncherError(`Riffle was not started:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
  }
  return settings;
}

/** A port that must be free, for whom, and what moves it. */
export interface NeededPort {
  readonly port: number;
  readonly host: string;
  readonly purpose: string;
  readonly variable: string;
}

/** Every port that the services will listen on. */
export function neededPorts({ ingestHost, ingestPort, services }: LauncherSettings): NeededPort[] {
  return [
    { port: ingestPort, host: ingestHost, purpose: "ingest", variable: "INGEST_PORT" },
    ...services.map(({ name, adminPort, adminPortVariable }) => ({
      port: adminPort,
      host: "127.0.0.1",
      purpose: `${name}'s admin port`,
      variable: adminPortVariable,
    })),
  ];
}

function portsGivenTwice(settings: LauncherSettings): string[] {
  const ports = neededPorts(settings);
  return ports.flatMap(({ port, variable }, index) => {
    const earlier = ports.slice(0, index).find((other) => other.port === port);
    return earlier === undefined ? [] : [`${variable} and ${earlier.variable} are both ${port}`];
  });
}

/** The address to reach ingest at from this machine; a wildcard is listened on, not connected to. */
export function ingestUrl({ ingestHost, ingestPort }: LauncherSettings): string {
  const wildcard = ingestHost === "0.0.0.0" || ingestHost === "::";
  const host = wildcard ? "127.0.0.1" : ingestHost;
  return `http://${host.includes(":") ? `[${host}]` : host}:${ingestPort}`;
}
