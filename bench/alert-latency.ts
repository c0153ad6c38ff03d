// From the POST of a card-testing series' large purchase to the arrival of its alert at a webhook, one series after the
// other, each on an account of its own. One clock: the process that posts is the process that receives.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createTopics, RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { webhookSecret } from "@riffle/audit/pipeline/webhook-receiver";
import { postAll } from "@riffle/audit/workload/post";
import type { Alert, Transaction } from "@riffle/contracts";

/** One series. */
export interface AlertLatency {
  /** POST to 202, milliseconds. */
  readonly acceptedMs: number;
  /** POST to the webhook, milliseconds. */
  readonly alertedMs: number;
}

const withinMs = 30_000;
/** The first ones meet cold processes and are not counted. */
const warmup = 20;

const purchase = (accountId: string, n: number, amount: number): Transaction => ({
  id: `${accountId}-${n}`,
  accountId,
  amount,
  currency: "EUR",
  occurredAt: new Date().toISOString(),
  type: "purchase",
});

/** Waits for alerts by account. */
class AlertReceiver {
  readonly #waiting = new Map<string, () => void>();
  readonly #server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      this.#waiting.get((JSON.parse(body) as { data: Alert }).data.accountId)?.();
      response.writeHead(204).end();
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** @returns the time of its arrival, by `performance.now()` */
  alertOf(accountId: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timer = setTimeout(
      () => reject(new Error(`no alert for ${accountId} within ${withinMs} ms`)),
      withinMs,
    );
    this.#waiting.set(accountId, () => {
      clearTimeout(timer);
      this.#waiting.delete(accountId);
      resolve(performance.now());
    });
    return promise;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Runs the five services on a Kafka that has no topics yet. @param env variables of all services */
export async function alertLatencies(
  brokers: readonly string[],
  series: number,
  env: Readonly<Record<string, string>> = {},
): Promise<AlertLatency[]> {
  await createTopics(brokers);
  const receiver = new AlertReceiver();
  const pipeline = await RunningPipeline.start({
    brokers,
    services: ["ingest", "filter", "aggregator", "fraud-detector", "notifier"],
    env: {
      WEBHOOK_URL: await receiver.listen(),
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
      LOG_LEVEL: "warn",
      ...env,
    },
  });
  try {
    const seen: AlertLatency[] = [];
    for (let n = 0; n < warmup + series; n++)
      seen.push(await oneSeries(pipeline.ingestUrl, `latency-${n}`, receiver));
    return seen.slice(warmup);
  } finally {
    await pipeline.stop();
    receiver.close();
  }
}

async function oneSeries(url: string, accountId: string, receiver: AlertReceiver): Promise<AlertLatency> {
  const small = [1, 2, 3].map((n) => purchase(accountId, n, 900));
  await postAll(url, small, { concurrency: 1 });
  const alerted = receiver.alertOf(accountId);
  const startedAt = performance.now();
  await postAll(url, [purchase(accountId, 4, 250_000)], { concurrency: 1 });
  const acceptedMs = performance.now() - startedAt;
  return { acceptedMs, alertedMs: (await alerted) - startedAt };
}

/** The value below which a share of the sorted values lies; 1 is the largest. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
