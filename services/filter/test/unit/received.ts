// Builders and the driver of the filter's tests.

import { formatEventTime, type Transaction, topics } from "@riffle/contracts";
import { stageOf } from "@riffle/service-kit";
import { type DrivenRecord, StageDriver } from "@riffle/streams/testing";
import { relevantTypesDefault } from "../../src/config.ts";
import { Filter, type FilterOptions } from "../../src/filter.ts";

/** Noon of a day, so that minutes can be added in sight. */
export const noonMs = Date.UTC(2026, 2, 1, 12);

export const hourMs = 3_600_000;

export const transaction = (id: string, atMs: number, fields: Partial<Transaction> = {}): Transaction => ({
  id,
  accountId: "acc_1",
  amount: 1_000,
  currency: "EUR",
  occurredAt: formatEventTime(atMs),
  type: "purchase",
  ...fields,
});

export const received = (value: Transaction): DrivenRecord<Transaction> => ({
  key: value.accountId,
  value,
  timestampMs: Date.parse(value.occurredAt),
});

export const filterDriver = (
  dedupHorizonMs = 24 * hourMs,
  more: Pick<FilterOptions, "onRejected"> = {},
): StageDriver =>
  new StageDriver(
    stageOf(
      "filter",
      topics.filterDeadLetters,
      new Filter({ dedupHorizonMs, relevantTypes: relevantTypesDefault, ...more }),
    ),
  );

/** What came out, in short: `screened t1`, `duplicate t1`. */
export const outcomes = (driver: StageDriver): { screened: string[]; rejected: string[] } => ({
  screened: driver.emitted(topics.transactionsScreened).map(({ value }) => value.id),
  rejected: driver
    .emitted(topics.transactionsRejected)
    .map(({ value }) => `${value.transactionId} ${value.reason}`),
});
