// The fraud detector in a test's hands: builders of transactions, a driver, and alerts as text.

import { formatEventTime, type RuleName, type Transaction, topics } from "@riffle/contracts";
import { loadConfig, stageOf } from "@riffle/service-kit";
import { type DrivenRecord, StageDriver } from "@riffle/streams/testing";
import { fraudDetectorConfig, fraudDetectorRelations } from "../../src/config.ts";
import { FraudDetector } from "../../src/fraud-detector.ts";
import { rulesOf } from "../../src/rules.ts";

export const noonMs = Date.UTC(2026, 2, 1, 12);
export const graceMs = 30_000;
export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** A purchase of 2.00 EUR by account acc_42, `afterMs` after noon, unless the fields say otherwise. */
export const transaction = (id: string, afterMs: number, fields: Partial<Transaction> = {}): Transaction => ({
  id,
  accountId: "acc_42",
  amount: 200,
  currency: "EUR",
  occurredAt: formatEventTime(noonMs + afterMs),
  type: "purchase",
  ...fields,
});

/** The transaction as its topic carries it. */
export const screened = (value: Transaction): DrivenRecord<Transaction> => ({
  key: value.accountId,
  value,
  timestampMs: Date.parse(value.occurredAt),
});

/** The configuration that an environment gives. */
export const configOf = (env: Readonly<Record<string, string>> = {}) =>
  loadConfig(fraudDetectorConfig, {
    env: { KAFKA_BROKERS: "127.0.0.1:9092", ...env },
    relations: fraudDetectorRelations,
  });

/** A detector without a broker. */
export const detectorDriver = (
  env: Readonly<Record<string, string>> = {},
  onLate: () => void = () => {},
  onCrowdedOut: (rule: string) => void = () => {},
): StageDriver => {
  const config = configOf(env);
  const options = { rules: rulesOf(config), graceMs: config.GRACE_MS, onLate, onCrowdedOut };
  return new StageDriver(
    stageOf("fraud-detector", topics.fraudDetectorDeadLetters, new FraudDetector(options)),
  );
};

/** What was emitted, as the ids of the causes; a withdrawal begins with a minus: `s1 s2 s3 l1`, `-s1 s2 s3 l1`. */
export const alertLines = (driver: StageDriver): string[] =>
  driver
    .emitted(topics.alerts)
    .map(
      ({ value: { status, evidence } }) =>
        `${status === "withdrawn" ? "-" : ""}${evidence.map(({ id }) => id).join(" ")}`,
    );

/** Runs one rule over transactions in this order of arrival. */
export class RuleHarness {
  readonly driver: StageDriver;

  constructor(rule: RuleName, env: Readonly<Record<string, string>> = {}) {
    this.driver = detectorDriver({ RULES: rule, ...env });
  }

  /** Takes transactions one after the other; gives what they raised and withdrew. */
  async feed(...transactions: readonly Transaction[]): Promise<string[]> {
    const before = alertLines(this.driver).length;
    for (const one of transactions) await this.driver.send(topics.transactionsScreened, screened(one));
    return alertLines(this.driver).slice(before);
  }

  /** The steps of all alerts so far: `small small small large`. */
  get steps(): string[] {
    return this.driver.emitted(topics.alerts).map(({ value }) => value.evidenceSteps.join(" "));
  }

  /** The sentences of all alerts so far. */
  get reasons(): string[] {
    return this.driver.emitted(topics.alerts).map(({ value }) => value.reason);
  }
}
