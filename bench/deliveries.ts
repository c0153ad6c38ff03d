// Delivers alerts to endpoints that fail, stall, reset, throttle and die for a minute, kills the notifier again and again,
// and checks that every alert comes to one outcome at every endpoint; prints what it took.
//
//   node bench/deliveries.ts [deliveries] [seed] [kills]        after `npx -y pnpm@10 build`
//
// What it does not measure: a network, TLS, several replicas, replication (one broker).

import { parseArgs } from "node:util";
import { auditDeliveries } from "@riffle/audit/deliveries/delivery-audit";
import { startKafka } from "@riffle/infra/kafka";

const endpoints = 3;
const { positionals } = parseArgs({ allowPositionals: true });
const deliveries = Number(positionals[0] ?? 100_000);
const seed = Number(positionals[1] ?? 42);
const kills = Number(positionals[2] ?? 20);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const kafka = await startKafka({ onProgress: say });
try {
  const audit = await auditDeliveries({
    brokers: kafka.brokers,
    alerts: Math.ceil(deliveries / endpoints),
    accounts: 5_000,
    seed,
    kills,
    deadMs: 60_000,
    concurrencyMax: 16,
    withinMs: 3_600_000,
    say,
  });
  const missing = audit.faults.length;
  say(
    `${audit.expected} deliveries to ${endpoints} endpoints in ${audit.seconds.toFixed(0)} s (seed ${seed})`,
  );
  say(`  ${audit.delivered} delivered, ${audit.deadLettered} dead-lettered, in ${audit.attempts} attempts`);
  say(`  ${audit.kills} kills; ${audit.duplicates} taken twice, ${audit.duplicatesMax} may be`);
  say(missing === 0 ? "every alert has one outcome at every endpoint" : audit.faults.slice(0, 20).join("\n"));
  process.exitCode = missing === 0 ? 0 : 1;
} finally {
  await kafka.stop();
}
