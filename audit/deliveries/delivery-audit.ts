// Does every alert come to one outcome at every endpoint, whatever endpoints do and whenever the notifier dies?
//
// Alerts are written straight into their topic, as fast as they are delivered; one notifier delivers them to a calm endpoint,
// a flaky one, and one that is dead for a while; it is killed with SIGKILL again and again, each time while it is at work.
// delivery-verdict.ts says what must hold then.
//
//   DA1. Nothing waits for ever: what must come to pass has until `withinMs`, and what fails ends the rest.
//   DA2. A kill counts when a life ended by it; a life that ended in any other way is a fault.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Alert, alertId, topics } from "@riffle/contracts";
import { CommittedReader, IdempotentProducer } from "@riffle/streams/kafka";
import { fatalsOf, unexplainedEnds } from "../faults/endings.ts";
import { untilDrained } from "../pipeline/drained.ts";
import { createTopics, RunningPipeline } from "../pipeline/running-pipeline.ts";
import { webhookSecret } from "../pipeline/webhook-receiver.ts";
import { ChaosEndpoint, calm, flaky } from "./chaos-endpoint.ts";
import { deliveryFaults, type Told } from "./delivery-verdict.ts";

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
  /** Lives that a kill ended. */
  readonly kills: number;
  /** Messages that an endpoint took once too often. */
  readonly duplicates: number;
  /** How many the kills may explain. */
  readonly duplicatesMax: number;
  readonly seconds: number;
  /** Everything that does not hold, in words. */
  readonly faults: readonly string[];
}

const topic = topics.alerts;
const chunk = 1_000;
const sayEvery = 5_000;
/** One attempt more than waits is made. */
const retryWaits = ["200ms", "500ms", "1s", "2s", "4s", "8s", "15s", "30s", "60s"];

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
      retryWaits,
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
    await writeAndKill(pipeline, alerts, endpoints, options);
    say("all alerts are written; waiting for what is still owed");
    await pipeline.untilReady();
    await untilDrained(brokers, ["notifier"], options.withinMs);
    const seconds = (performance.now() - startedAt) / 1_000;
    return await auditOf({ alerts, endpoints, pipeline, seconds }, options);
  } finally {
    await pipeline?.stop();
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Waits until something holds. @throws what it waited for in vain, when time is over or another has failed (DA1) */
type Until = (what: () => string, holds: () => boolean) => Promise<void>;

const untilWithin =
  (withinMs: number, others: AbortSignal): Until =>
  async (what, holds) => {
    const deadline = performance.now() + withinMs;
    while (!holds()) {
      others.throwIfAborted();
      if (performance.now() > deadline) throw new Error(`waited ${withinMs / 1_000} s in vain: ${what()}`);
      await delay(5);
    }
  };

/** Side by side; when one of them fails the other ends as well (DA1). */
const writeAndKill = async (
  pipeline: RunningPipeline,
  alerts: readonly Alert[],
  endpoints: readonly ChaosEndpoint[],
  options: DeliveryAuditOptions,
): Promise<void> => {
  const failed = new AbortController();
  const until = untilWithin(options.withinMs, failed.signal);
  const [calmly] = endpoints;
  const taken = (): number => calmly?.taken.size ?? 0;
  const mayGoOn = async (written: number): Promise<void> => {
    await until(
      () => `${taken()} of ${written} messages were taken by the calm endpoint`,
      () => taken() >= written - chunk / 2,
    );
    if (written > 0 && written % sayEvery === 0) options.say(`${written} alerts are written`);
  };
  const both = [
    writeAlerts(options.brokers, alerts, mayGoOn),
    killAgainAndAgain(pipeline, endpoints, options, until),
  ];
  for (const one of both) one.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(both);
  failed.signal.throwIfAborted();
};

/** Kills the notifier at even steps of its progress, and lets an endpoint die after the first of them. */
const killAgainAndAgain = async (
  pipeline: RunningPipeline,
  endpoints: readonly ChaosEndpoint[],
  { alerts, kills, deadMs, say }: DeliveryAuditOptions,
  until: Until,
): Promise<void> => {
  const taken = (): number => endpoints.reduce((sum, endpoint) => sum + endpoint.taken.size, 0);
  // The dead endpoint holds its part back, so progress is measured by what the others can take.
  const reachable = alerts * (endpoints.length - 1);
  for (let kill = 1; kill <= kills; kill++) {
    const wanted = Math.floor((reachable * kill) / (kills + 1));
    await until(
      () => `only ${taken()} messages were taken before kill ${kill}`,
      () => taken() >= wanted,
    );
    await until(
      () => `the notifier did not run for kill ${kill}`,
      () => pipeline.kill("notifier"),
    );
    if (kill === 1) endpoints.at(-1)?.die(deadMs);
    say(`kill ${kill} of ${kills} with ${taken()} messages taken`);
    await pipeline.untilServiceReady("notifier");
  }
};

/** The outcomes on record, of each no more than is judged. */
const readOutcomes = async (brokers: readonly string[]): Promise<Told[]> => {
  const { name, codec } = topics.notifications;
  const told: Told[] = [];
  const reader = await CommittedReader.connect({ brokers, clientId: "audit", topics: [name] });
  try {
    for (const { partition } of await reader.ranges(name))
      await reader.read({ topic: name, partition }, ({ value }) => {
        const { id, channel, outcome, reason, attempts } = codec.decode(value, codec.schema);
        told.push({ id, channel, outcome, reason, attempts: attempts.length });
      });
  } finally {
    await reader.close();
  }
  return told;
};

interface Ran {
  readonly alerts: readonly Alert[];
  readonly endpoints: readonly ChaosEndpoint[];
  readonly pipeline: RunningPipeline;
  readonly seconds: number;
}

const auditOf = async (
  { alerts, endpoints, pipeline, seconds }: Ran,
  { brokers, kills, concurrencyMax }: DeliveryAuditOptions,
): Promise<DeliveryAudit> => {
  const told = await readOutcomes(brokers);
  const caughtMax = kills * concurrencyMax;
  const attemptsMax = retryWaits.length + 1;
  const killed = pipeline.endings["SIGKILL"] ?? 0;
  const count = (wanted: Told["outcome"]): number => told.filter(({ outcome }) => outcome === wanted).length;
  return {
    expected: alerts.length * endpoints.length,
    delivered: count("delivered"),
    deadLettered: count("dead-lettered"),
    attempts: endpoints.reduce((sum, { requests }) => sum + requests, 0),
    kills: killed,
    duplicates: endpoints.reduce((sum, endpoint) => sum + endpoint.duplicates, 0),
    duplicatesMax: caughtMax * endpoints.length,
    seconds,
    faults: [
      ...deliveryFaults({ alerts, endpoints, told, attemptsMax, caughtMax }),
      ...(killed === kills ? [] : [`${killed} lives ended by a kill, ${kills} expected`]),
      ...unexplainedEnds(fatalsOf(pipeline.logLines()), pipeline.endings, pipeline.terminations),
    ],
  };
};
