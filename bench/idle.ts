// What a pipeline costs that has nothing to do: lag, requests to the broker, CPU of every process.
//
//   node bench/idle.ts [seconds]        default 60; after `npx -y pnpm@10 build`
//
// Five processes on one JVM broker behind a proxy that counts requests. 2,000 transactions go through first, so that all
// topics end in transaction markers; then nothing comes. All settings are the defaults: stream time follows the wall clock
// every IDLE_AFTER_MS, 5 s, which is one commit of each service.

import { setTimeout as delay } from "node:timers/promises";
import { untilDrained } from "@riffle/audit/pipeline/drained";
import { cpuSecondsOf } from "@riffle/audit/pipeline/process-state";
import { createTopics, RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { postAll } from "@riffle/audit/workload/post";
import { makeTransactions } from "@riffle/audit/workload/transactions";
import { topics } from "@riffle/contracts";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { number } from "@riffle/infra/command-line/values";
import { KafkaProxy } from "@riffle/infra/faults/kafka-proxy";
import { startKafka } from "@riffle/infra/kafka";
import { freePorts } from "@riffle/infra/kafka/ports";
import { connectAdmin } from "@riffle/streams/kafka";

const services = ["ingest", "filter", "aggregator", "fraud-detector", "notifier"] as const;
const groups = [
  ["filter", topics.transactionsReceived.name],
  ["aggregator", topics.transactionsScreened.name],
  ["fraud-detector", topics.transactionsScreened.name],
  ["notifier", topics.alerts.name],
] as const;
/** The windows that idle time closes are closed, and their commits done. */
const settleMs = 30_000;

const { seconds } = commandLine({
  command: "node bench/idle.ts",
  does: "What a pipeline costs that has nothing to do: lag, requests to the broker, CPU of every process.",
  operands: { seconds: number("for how long it is watched", 60, { min: 1 }) },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Requests of each service and kind so far, as `filter Fetch`. */
const requestsOf = (proxy: KafkaProxy): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { clientId, api, count } of proxy.requests) {
    const service = services.find((name) => clientId.includes(name)) ?? clientId;
    const key = `${service} ${api}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return counts;
};

const [port = 0] = await freePorts(1);
const kafka = await startKafka({ source: "jvm", proxyPorts: [port], onProgress: say });
const [node] = kafka.nodes;
const proxy = await KafkaProxy.listen(port, node?.behindProxy ?? "");
const brokers = [`127.0.0.1:${port}`];
try {
  await createTopics(brokers);
  const pipeline = await RunningPipeline.start({
    brokers,
    services,
    env: { LOG_LEVEL: "warn" },
  });
  const startMs = Date.now() - 3_600_000;
  const posted = await postAll(
    pipeline.ingestUrl,
    makeTransactions({ seed: 1, transactions: 2_000, accounts: 200, startMs, spanMs: 3_000_000 }),
  );
  await untilDrained(
    brokers,
    groups.map(([group]) => group),
    60_000,
  );
  await delay(settleMs);

  const before = requestsOf(proxy);
  const cpuBefore = services.map((name) => cpuSecondsOf(pipeline.pidOf(name)));
  const brokerBefore = cpuSecondsOf(node?.pid);
  await delay(seconds * 1_000);
  const cpu = services.map((name, i) => (cpuSecondsOf(pipeline.pidOf(name)) - (cpuBefore[i] ?? 0)) / seconds);
  const brokerCpu = (cpuSecondsOf(node?.pid) - brokerBefore) / seconds;
  const rates = [...requestsOf(proxy)].map(
    ([key, count]) => [key, (count - (before.get(key) ?? 0)) / seconds] as const,
  );

  say(`${posted.accepted.length} accepted before; idle for ${seconds} s`);
  services.forEach((name, i) => {
    const own = rates.filter(([key, rate]) => key.startsWith(`${name} `) && rate > 0);
    const all = own.reduce((sum, [, rate]) => sum + rate, 0);
    const kinds = own.map(([key, rate]) => `${key.slice(name.length + 1)} ${rate.toFixed(2)}`).join(", ");
    say(
      `  ${name.padEnd(15)} ${((cpu[i] ?? 0) * 100).toFixed(2)} % of a core, ${all.toFixed(2)} requests/s${kinds === "" ? "" : `: ${kinds}`}`,
    );
  });
  const total = rates.reduce((sum, [, rate]) => sum + rate, 0);
  say(`  broker          ${(brokerCpu * 100).toFixed(2)} % of a core, ${total.toFixed(2)} requests/s in all`);
  const admin = await connectAdmin({ brokers, clientId: "bench-idle" });
  for (const [group, topic] of groups) {
    const lags = await admin.lag(group, topic);
    say(
      `  lag of ${group.padEnd(15)} ${lags.map(({ lag }) => lag).join(" ")} over ${lags.length} partitions of ${topic}`,
    );
    if (lags.some(({ lag }) => lag !== 0)) process.exitCode = 1;
  }
  await admin.close();
  await pipeline.stop();
} finally {
  await proxy.close();
  await kafka.stop();
}
