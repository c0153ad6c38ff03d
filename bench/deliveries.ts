// Delivers alerts to endpoints that fail, stall, reset, throttle and die for a minute, kills the notifier again and again,
// and checks that every alert comes to one outcome at every endpoint; prints what it took.
//
//   node bench/deliveries.ts [deliveries] [seed] [kills]        after `npx -y pnpm@10 build`
//
// What it does not measure: a network, TLS, several replicas, replication (one broker).

import { auditDeliveries } from "@riffle/audit/deliveries/delivery-audit";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { wholeNumber } from "@riffle/infra/command-line/values";
import { startKafka } from "@riffle/infra/kafka";

const endpoints = 3;
const { deliveries, seed, kills } = commandLine({
  command: "node bench/deliveries.ts",
  does: "Delivers alerts to endpoints that fail, kills the notifier again and again, and checks every outcome.",
  operands: {
    deliveries: wholeNumber("how many, over all endpoints", 100_000, { min: 1 }),
    seed: wholeNumber("of what fails when", 42),
    kills: wholeNumber("how often the notifier is killed", 20),
  },
});

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
    // As slow as 30 a second: a machine that does other things as well.
    withinMs: 600_000 + deliveries * 33,
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
