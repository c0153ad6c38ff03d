// A bug here calls a recovery exact that answered one transaction twice and another never.

import type { AccountAggregate, LateRecord } from "@riffle/contracts";
import { expect, it } from "vitest";
import { answerFaults, figureLine, lateLine, sentLine } from "../../answers.ts";

const atMs = Date.UTC(2026, 2, 1, 12);
const figure = (accountId: string, eventTimeMs: number): AccountAggregate => ({
  accountId,
  currency: "EUR",
  window: { kind: "sliding", sizeMs: 300_000, start: eventTimeMs - 299_999, end: eventTimeMs + 1 },
  count: 1,
  sum: 1_000,
  min: 1_000,
  max: 1_000,
  average: 1_000,
  final: false,
});
const late = (accountId: string): LateRecord => ({
  transactionId: "r-1",
  accountId,
  windows: [{ kind: "tumbling", sizeMs: 60_000, start: atMs, end: atMs + 60_000 }],
  streamTimeMs: atMs + 600_000,
  transaction: {
    id: "r-1",
    accountId,
    amount: 1_000,
    currency: "EUR",
    occurredAt: new Date(atMs).toISOString(),
    type: "purchase",
  },
});

it("a sliding figure and a late record answer the transaction they tell of, and a closed window none", () => {
  expect(figureLine(figure("a", atMs))).toBe(sentLine("a", atMs));
  expect(lateLine(late("a"))).toBe(sentLine("a", atMs));
  const { window } = figure("a", atMs);
  expect(figureLine({ ...figure("a", atMs), window: { ...window, kind: "tumbling" } })).toBeUndefined();
});

it("of as many answers as transactions one that stands for another is found", () => {
  const sent = [sentLine("a", atMs), sentLine("b", atMs), sentLine("b", atMs)];
  expect(answerFaults(sent, [...sent].toReversed())).toEqual([]);
  const what = "answers to transactions, by account and event time";
  expect(answerFaults(sent, [sentLine("a", atMs), sentLine("a", atMs), sentLine("b", atMs)])).toEqual([
    `${what}: 1 missing, such as ${sentLine("b", atMs)}`,
    `${what}: 1 too many, such as ${sentLine("a", atMs)}`,
  ]);
});
