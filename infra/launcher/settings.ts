// Where the six services listen on this machine, from the environment; everything wrong is reported together.

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
  readonly consoleHost: string;
  readonly consolePort: number;
  /** In the order in which they stop: first whoever takes work in, last whoever shows it. */
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
  ["console", 9106],
];
const defaultIngestPort = 8080;
const defaultConsolePort = 8090;
const loopback = "127.0.0.1";

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
  const consolePort = port("CONSOLE_PORT", defaultConsolePort);
  const services = adminPorts.map(([name, defaultPort]) => {
    const adminPortVariable = `${name.toUpperCase().replaceAll("-", "_")}_ADMIN_PORT`;
    return { name, adminPort: port(adminPortVariable, defaultPort), adminPortVariable };
  });
  const settings = {
    ingestHost: env["INGEST_HOST"] || loopback,
    ingestPort,
    consoleHost: env["CONSOLE_HOST"] || loopback,
    consolePort,
    services,
  };
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
export function neededPorts(settings: LauncherSettings): NeededPort[] {
  const { ingestHost, ingestPort, consoleHost, consolePort } = settings;
  return [
    { port: ingestPort, host: ingestHost, purpose: "ingest", variable: "INGEST_PORT" },
    { port: consolePort, host: consoleHost, purpose: "the dashboard", variable: "CONSOLE_PORT" },
    ...settings.services.map(({ name, adminPort, adminPortVariable }) => ({
      port: adminPort,
      host: loopback,
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

/** The address to reach ingest at from this machine. */
export const ingestUrl = ({ ingestHost, ingestPort }: LauncherSettings): string =>
  urlOf(ingestHost, ingestPort);

/** The address of the dashboard on this machine. */
export const consoleUrl = ({ consoleHost, consolePort }: LauncherSettings): string =>
  urlOf(consoleHost, consolePort);

/** A wildcard is listened on, not connected to. */
function urlOf(listensOn: string, port: number): string {
  const wildcard = listensOn === "0.0.0.0" || listensOn === "::";
  const host = wildcard ? loopback : listensOn;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
