// What the admin ports of the processes on this machine say, where they answer: CPU, and why one is not ready.

import { membersOf, textIn } from "../http/json-reading.ts";

/** A process at one moment. */
export interface ProcessFacts {
  readonly service: string;
  readonly cpuSeconds: number | undefined;
  readonly notReady: string | undefined;
}

/** The ports that `start` gives the services (infra/launcher/settings.ts), by service. */
const adminPorts: readonly (readonly [service: string, port: number])[] = [
  ["ingest", 9101],
  ["filter", 9102],
  ["aggregator", 9103],
  ["fraud-detector", 9104],
  ["notifier", 9105],
  ["console", 9106],
];
const answersWithinMs = 1_000;
const reasonLengthMax = 200;

/** The processes that answer, by service. Nobody who answers otherwise than ours does is one. */
export const lookAtProcesses = async (): Promise<ReadonlyMap<string, ProcessFacts>> => {
  const found = await Promise.all(adminPorts.map(([service, port]) => lookAt(service, port)));
  return new Map(found.flatMap((facts) => (facts === undefined ? [] : [[facts.service, facts] as const])));
};

const lookAt = async (service: string, port: number): Promise<ProcessFacts | undefined> => {
  const version = await read(port, "/version");
  if (version === undefined || serviceIn(version.text) !== service) return undefined;
  const [ready, metrics] = await Promise.all([read(port, "/readyz"), read(port, "/metrics")]);
  const cpu = /^process_cpu_seconds_total(?:\{[^}]*\})? (?<seconds>[\d.e+-]+)/m.exec(metrics?.text ?? "");
  return {
    service,
    cpuSeconds: cpu?.groups?.["seconds"] === undefined ? undefined : Number(cpu.groups["seconds"]),
    notReady: ready === undefined || ready.ok ? undefined : ready.text.trim().slice(0, reasonLengthMax),
  };
};

const serviceIn = (text: string): string | undefined => {
  try {
    const members = membersOf(JSON.parse(text));
    return textIn(members, "service") ?? textIn(members, "name");
  } catch {
    return undefined;
  }
};

const read = async (
  port: number,
  path: string,
): Promise<{ readonly ok: boolean; readonly text: string } | undefined> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(answersWithinMs),
      redirect: "error",
    });
    return { ok: response.ok, text: await response.text() };
  } catch {
    return undefined;
  }
};
