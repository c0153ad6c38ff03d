// What a transaction costs at the edge, in CPU of the server's process, beside what a plain server costs.

import { connect } from "node:net";
import { createTopics } from "@riffle/audit/pipeline/running-pipeline";
import { startKafka } from "@riffle/infra/kafka";
import { type Aim, besideAim } from "./aims.ts";
import { postTransactions, transactionText } from "./ingest-load.ts";
import { type MeasuredServer, type ServerKind, startServer } from "./ingest-servers.ts";
import { median } from "./median.ts";

interface Cost {
  readonly cpuUs: number;
  readonly perSecond: number;
}
type Measure = (server: MeasuredServer, run: string, count: number) => Promise<void>;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const connections = 64;
const batchLines = 5_000;

/** Single POSTs on 64 connections. */
export const single: Measure = async (server, run, count) => {
  const occurredAt = new Date().toISOString();
  const bodyOf = (n: number): string => transactionText(run, n, occurredAt);
  const statuses = await postTransactions({ port: server.port, connections, requests: count, bodyOf });
  if (statuses.get(202) !== count) throw new Error(`not all were accepted: ${JSON.stringify([...statuses])}`);
};

/** Batches of 5,000 lines, two at a time. */
export const ndjson: Measure = async (server, run, count) => {
  const occurredAt = new Date().toISOString();
  const bodies = Array.from({ length: Math.ceil(count / batchLines) }, (_, batch) =>
    Buffer.from(
      Array.from(
        { length: batchLines },
        (_line, n) => `${transactionText(run, batch * batchLines + n, occurredAt)}\n`,
      ).join(""),
    ),
  );
  const worker = async (): Promise<void> => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const status = await postBody(server.port, body);
      if (status !== 202) throw new Error(`a batch was answered ${status}`);
    }
  };
  await Promise.all([worker(), worker()]);
};

/** On a connection of its own. @returns the status, when all of the answer has come */
function postBody(port: number, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let status = 0;
    socket.on("data", (chunk: Buffer) => {
      if (status === 0) status = Number(chunk.toString("latin1", 9, 12));
    });
    socket.on("close", () => resolve(status)).on("error", reject);
    socket.write(
      `POST /v1/transactions/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
  });
}

/** What ingest should come to, divided by another. */
export interface RatioAim {
  readonly figure: "CPU" | "rate";
  readonly over: ServerKind;
  readonly aim: Aim;
}

/** What is compared. */
export interface Comparison {
  readonly kinds: readonly ServerKind[];
  readonly aims: readonly RatioAim[];
  readonly measure: Measure;
  /** Transactions a turn. */
  readonly count: number;
  /** 3: every record on three of them, as in production. */
  readonly brokers: 1 | 3;
}

/** Takes turns A B B A, warms each process up, prints medians. */
export async function compare({ kinds, aims, measure, count, brokers }: Comparison): Promise<void> {
  const kafka = await startKafka({ onProgress: say, brokers });
  const servers = new Map<ServerKind, MeasuredServer>();
  try {
    await createTopics(kafka.brokers, brokers);
    const costs = new Map<ServerKind, Cost[]>(kinds.map((kind) => [kind, []]));
    for (const kind of kinds) servers.set(kind, await startServer(kind, kafka.brokers));
    const order = [...kinds, ...kinds.toReversed(), ...kinds, ...kinds.toReversed()];
    for (const [kind, server] of servers) await measure(server, `warm-${kind}`, Math.ceil(count / 2));
    for (const [turn, kind] of order.entries()) {
      say(`  turn ${turn + 1} of ${order.length}: ${kind}`);
      const server = servers.get(kind);
      if (server !== undefined) costs.get(kind)?.push(await costOf(server, measure, `run-${turn}`, count));
    }
    say(`${count} transactions a turn, ${order.length / kinds.length} turns, on ${kafka.description}`);
    for (const [kind, seen] of costs) {
      const cpu = seen.map(({ cpuUs }) => cpuUs.toFixed(1)).join(" ");
      const rate = median(seen.map(({ perSecond }) => perSecond));
      say(
        `  ${kind.padEnd(11)} ${median(seen.map(({ cpuUs }) => cpuUs)).toFixed(1)} µs CPU (${cpu}), ${Math.round(rate)} a second`,
      );
    }
    for (const ratio of aims) say(`  ${ratioLine(ratio, costs)}`);
  } finally {
    for (const server of servers.values()) await server.stop();
    await kafka.stop();
  }
}

/** Medians of ingest over those of another, beside the aim. */
function ratioLine({ figure, over, aim }: RatioAim, costs: ReadonlyMap<ServerKind, readonly Cost[]>): string {
  const of = (kind: ServerKind): number =>
    median((costs.get(kind) ?? []).map(({ cpuUs, perSecond }) => (figure === "CPU" ? cpuUs : perSecond)));
  const ratio = of("ingest") / of(over);
  return `${figure} of ingest over ${over}: ${ratio.toFixed(2)}, ${besideAim(ratio, aim)}`;
}

async function costOf(server: MeasuredServer, measure: Measure, run: string, count: number): Promise<Cost> {
  const cpuBefore = server.cpuSeconds();
  const startedAt = performance.now();
  await measure(server, run, count);
  const seconds = (performance.now() - startedAt) / 1_000;
  return { cpuUs: ((server.cpuSeconds() - cpuBefore) / count) * 1e6, perSecond: count / seconds };
}
