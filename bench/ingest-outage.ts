// Ingest under 500 requests a second while its broker is out of reach for a while.
//
// The broker stands behind a proxy. `cut`: it closes every connection and refuses new ones. `silent`: it takes connections and
// requests and passes none on, as a broker whose machine hangs; what it held arrives when it is over. Open loop: a request is
// sent when it is due, whatever became of those before. Ingest runs with its defaults.

import { createTopics, RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { topics } from "@riffle/contracts";
import { type ApiName, apiKeys } from "@riffle/infra/faults/frames";
import { KafkaProxy } from "@riffle/infra/faults/kafka-proxy";
import { startKafka } from "@riffle/infra/kafka";
import { freePorts } from "@riffle/infra/kafka/ports";
import { readTopic } from "@riffle/streams/kafka";
import { connected, exchange, transactionText } from "./ingest-load.ts";
import { type Answer, type OutageFigures, outageFaults, outageFigures } from "./outage-verdict.ts";

const perSecond = 500;
const beforeS = 5;
const afterS = 20;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** How a broker can be out of reach. */
export const outageKinds = ["cut", "silent"] as const;
/** One of {@link outageKinds}. */
export type OutageKind = (typeof outageKinds)[number];

type Connection = Awaited<ReturnType<typeof connected>>;

/** Connections that are kept for the next request. */
class IdleConnections {
  readonly #port: number;
  readonly #idle: Connection[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends on one that was kept, if there is one. @returns the status; 0 without an answer */
  async send(body: string): Promise<number> {
    const kept = this.#take();
    // The server may have closed it in this very moment: clients send once more then, on a new one.
    const status = kept === undefined ? 0 : await this.#exchange(kept, body);
    return status === 0 ? await this.#exchange(await connected(this.#port), body) : status;
  }

  close(): void {
    for (const connection of this.#idle) connection.destroy();
  }

  #take(): Connection | undefined {
    let connection = this.#idle.pop();
    while (connection?.destroyed) connection = this.#idle.pop();
    return connection;
  }

  async #exchange(connection: Connection, body: string): Promise<number> {
    try {
      const status = await exchange(connection, body);
      this.#idle.push(connection);
      return status;
    } catch {
      connection.destroy();
      return 0;
    }
  }
}

/** Sends at a steady rate for `seconds`. @param run begins the ids */
async function loadFor(run: string, port: number, seconds: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  const connections = new IdleConnections(port);
  const sending: Promise<void>[] = [];
  const startedAt = performance.now();
  const sendOne = async (n: number): Promise<void> => {
    const sentAtMs = performance.now();
    const body = transactionText(run, n, new Date().toISOString());
    const status = await connections.send(body).catch(() => 0);
    answers.push({ id: `${run}-${n}`, sentAtMs, answeredAtMs: performance.now(), status });
  };
  for (let n = 0; n < seconds * perSecond; n++) {
    const dueMs = startedAt + (n / perSecond) * 1_000;
    while (performance.now() < dueMs) await new Promise((resolve) => setTimeout(resolve, 1));
    sending.push(sendOne(n));
  }
  await Promise.all(sending);
  connections.close();
  return answers;
}

/** Takes the broker away. What was held or refused goes on when the proxy heals. */
function takeAway(proxy: KafkaProxy, kind: OutageKind): void {
  if (kind === "cut") {
    proxy.cut();
    return;
  }
  for (const api of Object.keys(apiKeys) as ApiName[])
    proxy.inject({ api, of: "request", action: { kind: "hold" }, times: Number.POSITIVE_INFINITY });
}

/** Runs one and prints what was seen. @param outageS how long the broker is away, seconds @returns what must not be */
async function outageOf(kind: OutageKind, outageS: number): Promise<string[]> {
  const [proxyPort = 0] = await freePorts(1);
  const kafka = await startKafka({ onProgress: say, source: "jvm", proxyPorts: [proxyPort] });
  const proxy = await KafkaProxy.listen(proxyPort, kafka.nodes[0]?.behindProxy ?? "");
  try {
    await createTopics(kafka.brokers);
    const pipeline = await RunningPipeline.start({
      brokers: [`127.0.0.1:${proxyPort}`],
      services: ["ingest"],
      env: { LOG_LEVEL: "error" },
    });
    const port = Number(new URL(pipeline.ingestUrl).port);
    await loadFor("warm", port, 2);
    const cutAtMs = performance.now() + beforeS * 1_000;
    const healAtMs = cutAtMs + outageS * 1_000;
    const cut = setTimeout(() => takeAway(proxy, kind), beforeS * 1_000);
    const heal = setTimeout(() => proxy.heal(), (beforeS + outageS) * 1_000);
    const answers = await loadFor("outage", port, beforeS + outageS + afterS);
    clearTimeout(cut);
    clearTimeout(heal);
    await pipeline.stop();
    const figures = outageFigures(answers, await recordedIn(kafka.brokers), { cutAtMs, healAtMs });
    report(
      figures,
      `${answers.length} requests at ${perSecond} a second, the broker ${kind} for ${outageS} s`,
    );
    return outageFaults(figures);
  } finally {
    await proxy.close();
    await kafka.stop();
  }
}

async function recordedIn(brokers: readonly string[]): Promise<Set<string>> {
  const topic = topics.transactionsReceived.name;
  const records = (await readTopic({ brokers, clientId: "outage", topic })).flat();
  return new Set(records.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()).id));
}

function report(figures: OutageFigures, title: string): void {
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
  const statuses = [...figures.byStatus].map(([status, count]) => `${status}: ${count}`);
  say(title);
  say(`  answers                               ${statuses.join(", ")}`);
  say(`  202 that are not recorded             ${figures.dishonest.length}`);
  say(`  slowest refusal                       ${seconds(figures.slowestRefusalMs)}`);
  say(`  first 202 after the broker is back    ${seconds(figures.firstAcceptedAfterMs)}`);
  say(`  last refusal after the broker is back ${seconds(figures.lastRefusedAfterMs)}`);
}

/** Runs them in turn; exits with 1 when one is not as it must be (outage-verdict.ts). */
export async function outages(kinds: readonly OutageKind[], outageS: number): Promise<void> {
  const faults: string[] = [];
  for (const kind of kinds)
    faults.push(...(await outageOf(kind, outageS)).map((fault) => `${kind}: ${fault}`));
  for (const fault of faults) say(`✗ ${fault}`);
  if (faults.length === 0) say("every 202 was true; refusals were 503 within 2 s; recovered within 5 s");
  process.exitCode = faults.length === 0 ? 0 : 1;
}
