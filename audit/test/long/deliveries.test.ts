// A bug here is an alert that nobody was told of and nothing says so, or a receiver that is told again and again.

import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { afterAll, beforeAll, expect, it } from "vitest";
import { auditDeliveries } from "../../deliveries/delivery-audit.ts";

const seed = Number(process.env["AUDIT_SEED"] ?? Date.now() % 1_000_000);

let kafka: RunningKafka;

beforeAll(async () => {
  kafka = await startKafka();
}, 180_000);

afterAll(async () => {
  await kafka?.stop();
}, 60_000);

it(`every alert comes to one outcome at every endpoint, whatever they do and whenever the notifier is killed (seed ${seed})`, async () => {
  const audit = await auditDeliveries({
    brokers: kafka.brokers,
    alerts: 400,
    accounts: 60,
    seed,
    kills: 3,
    deadMs: 5_000,
    concurrencyMax: 8,
    withinMs: 200_000,
    say: () => {},
  });
  expect(audit.faults).toEqual([]);
  expect(audit.delivered + audit.deadLettered).toBe(1_200);
  expect(audit.attempts).toBeGreaterThan(1_200);
}, 280_000);
