// How long it takes from a POST to the alert at a webhook, at a light load: five processes on one real broker, one
// card-testing series after the other, each on an account of its own.
//
//   node bench/latency.ts [series]        after `npx -y pnpm@10 build`
//
// The clock starts when the POST of the large purchase is sent and stops when the webhook's body has arrived, in one
// process. What it does not measure: load, replication (one broker), a network.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { createTopics, RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { webhookSecret } from "@riffle/audit/pipeline/webhook-receiver";
import { postAll } from "@riffle/audit/workload/post";
import type { Alert, Transaction } from "@riffle/contracts";
import { startKafka } from "@riffle/infra/kafka";

const { positionals } = parseArgs({ allowPositionals: true });
const series = Number(positionals[0] ?? 200);
/** The first ones meet cold processes and are not counted. */
const warmup = 20;
const withinMs = 30_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const waiting = new Map<string, () => void>();
const receiver = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => {
    waiting.get((JSON.parse(body) as { data: Alert }).data.accountId)?.();
    response.writeHead(204).end();
  });
});
await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));

const purchase = (accountId: string, n: number, amount: number): Transaction => ({
  id: `${accountId}-${n}`,
  accountId,
  amount,
  currency: "EUR",
  occurredAt: new Date().toISOString(),
  type: "purchase",
});

/** Milliseconds from the POST of the large purchase to its 202, and to its alert. */
const measure = async (
  ingestUrl: string,
  accountId: string,
): Promise<{ acceptedMs: number; alertedMs: number }> => {
  await postAll(
    ingestUrl,
    [1, 2, 3].map((n) => purchase(accountId, n, 900)),
    { concurrency: 1 },
  );
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(
    () => reject(new Error(`no alert for ${accountId} within ${withinMs} ms`)),
    withinMs,
  );
  waiting.set(accountId, () => resolve(performance.now()));
  const startedAt = performance.now();
  await postAll(ingestUrl, [purchase(accountId, 4, 250_000)], { concurrency: 1 });
  const acceptedMs = performance.now() - startedAt;
  const alertedMs = (await promise) - startedAt;
  clearTimeout(timer);
  waiting.delete(accountId);
  return { acceptedMs, alertedMs };
};

const quantiles = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
};

const kafka = await startKafka({ onProgress: say });
try {
  await createTopics(kafka.brokers);
  const pipeline = await RunningPipeline.start({
    brokers: kafka.brokers,
    services: ["ingest", "filter", "aggregator", "fraud-detector", "notifier"],
    env: {
      WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
      LOG_LEVEL: "warn",
    },
  });
  const seen: { acceptedMs: number; alertedMs: number }[] = [];
  for (let n = 0; n < warmup + series; n++) seen.push(await measure(pipeline.ingestUrl, `latency-${n}`));
  await pipeline.stop();
  const counted = seen.slice(warmup);
  say(`${series} series, one at a time, on ${kafka.description}`);
  say(`  POST to 202:    ${quantiles(counted.map(({ acceptedMs }) => acceptedMs))}`);
  say(`  POST to alert:  ${quantiles(counted.map(({ alertedMs }) => alertedMs))}`);
} finally {
  receiver.closeAllConnections();
  receiver.close();
  await kafka.stop();
}
