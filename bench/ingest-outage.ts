// Ingest under 500 requests a second while its broker is out of reach for a while.
//
// The broker stands behind a proxy that cuts every connection and refuses new ones. Open loop: a request is sent when it
// is due, whatever became of those before.

import { createTopics, RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { topics } from "@riffle/contracts";
import { KafkaProxy } from "@riffle/infra/faults/kafka-proxy";
import { startKafka } from "@riffle/infra/kafka";
import { freePorts } from "@riffle/infra/kafka/ports";
import { readTopic } from "@riffle/streams/kafka";
import { connected, exchange, transactionText } from "./ingest-load.ts";

const perSecond = 500;
const beforeS = 5;
const afterS = 20;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Answer {
  readonly id: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  readonly status: number;
}

/** Sends at a steady rate for `seconds`. */
async function loadFor(port: number, seconds: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  const idle: Awaited<ReturnType<typeof connected>>[] = [];
  const sending: Promise<void>[] = [];
  const startedAt = performance.now();
  const sendOne = async (n: number): Promise<void> => {
    const sentAtMs = performance.now();
    const id = `outage-${n}`;
    let socket = idle.pop();
    // What the server has closed meanwhile, after a refusal for instance, brings no answer any more.
    while (socket?.destroyed) socket = idle.pop();
    socket ??= await connected(port);
    let status = 0;
    try {
      status = await exchange(socket, transactionText("outage", n, new Date().toISOString()));
      idle.push(socket);
    } catch {
      socket.destroy();
    }
    answers.push({ id, sentAtMs, answeredAtMs: performance.now(), status });
  };
  for (let n = 0; n < seconds * perSecond; n++) {
    const dueMs = startedAt + (n / perSecond) * 1_000;
    while (performance.now() < dueMs) await new Promise((resolve) => setTimeout(resolve, 1));
    sending.push(sendOne(n));
  }
  await Promise.all(sending);
  for (const socket of idle) socket.destroy();
  return answers;
}

/** Runs it and prints what was seen. @param outageS how long the broker is away, seconds */
export async function outage(outageS: number): Promise<void> {
  const [proxyPort = 0] = await freePorts(1);
  const kafka = await startKafka({ onProgress: say, source: "jvm", proxyPorts: [proxyPort] });
  const proxy = await KafkaProxy.listen(proxyPort, kafka.nodes[0]?.behindProxy ?? "");
  try {
    await createTopics(kafka.brokers);
    const pipeline = await RunningPipeline.start({
      brokers: [`127.0.0.1:${proxyPort}`],
      services: ["ingest"],
      env: { LOG_LEVEL: "error", EVENT_LOOP_DELAY_MS_MAX: "30000" },
    });
    const port = Number(new URL(pipeline.ingestUrl).port);
    await loadFor(port, 2);
    const startedAt = performance.now();
    const cutAtMs = startedAt + beforeS * 1_000;
    const healAtMs = cutAtMs + outageS * 1_000;
    const cut = setTimeout(() => proxy.cut(), beforeS * 1_000);
    const heal = setTimeout(() => proxy.heal(), (beforeS + outageS) * 1_000);
    const answers = await loadFor(port, beforeS + outageS + afterS);
    clearTimeout(cut);
    clearTimeout(heal);
    await pipeline.stop();
    await report(answers, { kafka: kafka.brokers, cutAtMs, healAtMs });
  } finally {
    await proxy.close();
    await kafka.stop();
  }
}

interface Outage {
  readonly kafka: readonly string[];
  readonly cutAtMs: number;
  readonly healAtMs: number;
}

async function report(answers: readonly Answer[], { kafka, cutAtMs, healAtMs }: Outage): Promise<void> {
  const topic = topics.transactionsReceived.name;
  const records = (await readTopic({ brokers: kafka, clientId: "outage", topic })).flat();
  const recorded = new Set(records.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()).id));
  const dishonest = answers.filter(({ id, status }) => status === 202 && !recorded.has(id));
  const refused = answers.filter(({ status }) => status !== 202);
  const tookMs = refused.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs);
  const statuses = Map.groupBy(answers, ({ status }) => status);
  const firstAfter = answers
    .filter(({ status, sentAtMs }) => status === 202 && sentAtMs >= healAtMs)
    .reduce((first, { answeredAtMs }) => Math.min(first, answeredAtMs), Number.POSITIVE_INFINITY);
  const lastRefusedAt = Math.max(...refused.map(({ answeredAtMs }) => answeredAtMs), 0);
  say(
    `${answers.length} requests at ${perSecond} a second, the broker away for ${((healAtMs - cutAtMs) / 1_000).toFixed(0)} s`,
  );
  say(
    `  answers                    ${[...statuses].map(([status, of]) => `${status}: ${of.length}`).join(", ")}`,
  );
  say(`  202 that are not recorded  ${dishonest.length}`);
  say(`  slowest refusal            ${(Math.max(0, ...tookMs) / 1_000).toFixed(2)} s`);
  say(`  first 202 after the broker is back   ${((firstAfter - healAtMs) / 1_000).toFixed(2)} s`);
  say(`  last refusal after the broker is back ${((lastRefusedAt - healAtMs) / 1_000).toFixed(2)} s`);
  if (refused.length === 0) say("  nothing was refused: the broker was not away, so this shows nothing");
  process.exitCode = dishonest.length === 0 && refused.length > 0 ? 0 : 1;
}
