// Does every alert come to one outcome at every endpoint, whatever endpoints do and whenever the notifier dies?
//
// Alerts are written straight into their topic, as fast as they are delivered; one notifier delivers them to a calm endpoint, a flaky one, and one that
// is dead for a while; it is killed with SIGKILL again and again, each time while it is at work.
//
//   V1. In `notifications.v1` each alert and endpoint stands exactly once.
//   V2. What is on record as delivered was taken by its endpoint.
//   V3. A message is taken more often than once only where a kill explains it: not more than were under way.
//   V4. The calm endpoint, where nothing is tried again but after a kill, takes each account's messages in order.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Alert, alertId, notificationId, topics } from "@riffle/contracts";
import { IdempotentProducer, readTopic } from "@riffle/streams/kafka";
import { untilDrained } from "../pipeline/drained.ts";
import { createTopics, RunningPipeline } from "../pipeline/running-pipeline.ts";
import { webhookSecret } from "../pipeline/webhook-receiver.ts";
import { ChaosEndpoint, calm, flaky } from "./chaos-endpoint.ts";

/** What to do. */
export interface DeliveryAuditOptions {
  readonly brokers: readonly string[];
  readonly alerts: number;
  readonly accounts: number;
  readonly seed: number;
  readonly kills: number;
  /** How long one of the endpoints is dead, milliseconds. */
  readonly deadMs: number;
  /** Most deliveries under way at once to one endpoint. */
  readonly concurrencyMax: number;
  readonly withinMs: number;
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface DeliveryAudit {
  readonly expected: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly attempts: number;
  readonly kills: number;
  /** Messages that an endpoint took once too often. */
  readonly duplicates: number;
  /** How many a kill may explain (V3). */
  readonly duplicatesMax: number;
  readonly seconds: number;
  /** Everything that does not hold, in words. */
  readonly faults: readonly string[];
}

const topic = topics.alerts;
const chunk = 1_000;

/** One alert of the audit. */
export const alertOf = (n: number, accounts: number, startMs: number): Alert => {
  const accountId = `acc-${n % accounts}`;
  const at = new Date(startMs + n).toISOString();
  const id = `d-${n}`;
  return {
    id: alertId("velocity-burst", 1, accountId, [id]),
    rule: "velocity-burst",
    ruleVersion: 1,
    severity: "medium",
    accountId,
    status: "raised",
    changedBy: id,
    reason: "made for the audit of deliveries",
    evidence: [{ id, accountId, amount: 1_000, currency: "EUR", occurredAt: at, type: "purchase" }],
    evidenceSteps: ["last"],
    firstAt: at,
    lastAt: at,
    amount: 1_000,
    currency: "EUR",
  };
};

/** Writes the alerts in pieces, each when most of the one before has been taken: as much waits as in a burst, not more. */
const writeAlerts = async (
  brokers: readonly string[],
  alerts: readonly Alert[],
  mayGoOn: (written: number) => Promise<void>,
): Promise<void> => {
  const producer = await IdempotentProducer.connect({
    brokers,
    clientId: "audit-alerts",
    topics: [topic.name],
    deliveryTimeoutMs: 60_000,
  });
  try {
    for (let from = 0; from < alerts.length; from += chunk) {
      await mayGoOn(from);
      await Promise.all(
        alerts.slice(from, from + chunk).map((alert) =>
          producer.send({
            topic: topic.name,
            key: alert.accountId,
            value: topic.codec.encode(alert),
            timestampMs: Date.parse(alert.lastAt),
            headers: { schema: topic.codec.schema },
          }),
        ),
      );
    }
  } finally {
    await producer.close();
  }
};

/** The notifier's environment: three endpoints in a file of subscriptions. */
const environmentOf = (
  folder: string,
  endpoints: readonly ChaosEndpoint[],
  concurrencyMax: number,
): Record<string, string> => {
  const [secretFile, subscriptions] = [join(folder, "secret"), join(folder, "subscriptions.json")];
  writeFileSync(secretFile, webhookSecret, { mode: 0o600 });
  const file = {
    version: 1,
    endpoints: endpoints.map(({ name, url }) => ({
      name,
      kind: "webhook",
      url,
      secretFiles: [secretFile],
      timeoutMs: 2_000,
      concurrencyMax,
      retryWaits: ["200ms", "500ms", "1s", "2s", "4s", "8s", "15s", "30s", "60s"],
    })),
  };
  writeFileSync(subscriptions, JSON.stringify(file));
  return {
    CONSOLE_ENABLED: "false",
    NOTIFIER_SUBSCRIPTIONS: subscriptions,
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
    SESSION_TIMEOUT_MS: "6000",
    TRANSACTION_TIMEOUT_MS: "4000",
    HEARTBEAT_INTERVAL_MS: "1000",
  };
};

/** Runs the audit; everything it started has ended when it resolves. */
export const auditDeliveries = async (options: DeliveryAuditOptions): Promise<DeliveryAudit> => {
  const { brokers, seed, say } = options;
  const folder = mkdtempSync(join(tmpdir(), "riffle-deliveries-"));
  const endpoints = [
    await ChaosEndpoint.listen("calm", seed, calm),
    await ChaosEndpoint.listen("flaky", seed, flaky),
    await ChaosEndpoint.listen("dying", seed, flaky),
  ];
  let pipeline: RunningPipeline | undefined;
  try {
    await createTopics(brokers);
    const startMs = Date.now() - 3_600_000;
    const alerts = Array.from({ length: options.alerts }, (_, n) => alertOf(n, options.accounts, startMs));
    const startedAt = performance.now();
    pipeline = await RunningPipeline.start({
      brokers,
      services: ["notifier"],
      restarts: "always",
      env: environmentOf(folder, endpoints, options.concurrencyMax),
    });
    say(`${alerts.length} alerts for ${endpoints.length} endpoints (seed ${seed})`);
    const calmly = endpoints[0];
    const writing = writeAlerts(brokers, alerts, async (written) => {
      while (calmly !== undefined && calmly.taken.size < written - chunk / 2) await delay(20);
    });
    await Promise.all([writing, killAgainAndAgain(pipeline, endpoints, options)]);
    await pipeline.untilReady();
    await untilDrained(brokers, ["notifier"], options.withinMs);
    const seconds = (performance.now() - startedAt) / 1_000;
    return await verdictOf(alerts, endpoints, options, seconds);
  } finally {
    await pipeline?.stop();
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Kills the notifier at even steps of its progress, and lets an endpoint die after the first of them. */
const killAgainAndAgain = async (
  pipeline: RunningPipeline,
  endpoints: readonly ChaosEndpoint[],
  { alerts, kills, deadMs, withinMs, say }: DeliveryAuditOptions,
): Promise<void> => {
  const taken = (): number => endpoints.reduce((sum, endpoint) => sum + endpoint.taken.size, 0);
  const deadline = Date.now() + withinMs;
  // The dead endpoint holds its part back, so progress is measured by what the others can take.
  const reachable = alerts * (endpoints.length - 1);
  for (let kill = 1; kill <= kills; kill++) {
    const wanted = Math.floor((reachable * kill) / (kills + 1));
    while (taken() < wanted) {
      if (Date.now() > deadline) throw new Error(`only ${taken()} messages were taken before kill ${kill}`);
      await delay(5);
    }
    while (!pipeline.kill("notifier")) await delay(5);
    if (kill === 1) endpoints.at(-1)?.die(deadMs);
    say(`kill ${kill} of ${kills} with ${taken()} messages taken`);
    await pipeline.untilServiceReady("notifier");
  }
};

const verdictOf = async (
  alerts: readonly Alert[],
  endpoints: readonly ChaosEndpoint[],
  { brokers, kills, concurrencyMax }: DeliveryAuditOptions,
  seconds: number,
): Promise<DeliveryAudit> => {
  const records = await readTopic({ brokers, clientId: "audit", topic: topics.notifications.name });
  const told = records
    .flat()
    .map(({ value }) => topics.notifications.codec.decode(value, topics.notifications.codec.schema));
  const faults: string[] = [];
  const times = Map.groupBy(told, ({ id }) => id);
  let expected = 0;
  for (const { name: channel, taken } of endpoints) {
    for (const { id: alert, status, changedBy } of alerts) {
      const id = notificationId({ alertId: alert, alertStatus: status, changedBy, channel });
      const outcomes = times.get(id) ?? [];
      expected++;
      if (outcomes.length !== 1) faults.push(`${id} at ${channel} has ${outcomes.length} outcomes`);
      if (outcomes[0]?.outcome === "delivered" && !taken.has(id))
        faults.push(`${id} is on record as delivered, and ${channel} never took it`);
    }
  }
  if (told.length !== expected) faults.push(`${told.length} outcomes, ${expected} expected`);
  faults.push(...disorder(endpoints[0]));
  const duplicates = endpoints.reduce((sum, endpoint) => sum + endpoint.duplicates, 0);
  const duplicatesMax = kills * endpoints.length * concurrencyMax;
  if (duplicates > duplicatesMax)
    faults.push(`${duplicates} messages taken too often, ${duplicatesMax} can be explained`);
  return {
    expected,
    delivered: told.filter(({ outcome }) => outcome === "delivered").length,
    deadLettered: told.filter(({ outcome }) => outcome === "dead-lettered").length,
    attempts: endpoints.reduce((sum, { requests }) => sum + requests, 0),
    kills,
    duplicates,
    duplicatesMax,
    seconds,
    faults,
  };
};

/** V4. */
const disorder = (endpoint: ChaosEndpoint | undefined): string[] => {
  const last = new Map<string, number>();
  for (const [id, { accountId, sequence }] of endpoint?.taken ?? []) {
    const before = last.get(accountId) ?? 0;
    if (sequence !== before + 1) return [`${id}: message ${sequence} of ${accountId} came after ${before}`];
    last.set(accountId, sequence);
  }
  return [];
};
