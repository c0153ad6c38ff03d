// A bug here lets the audit of a pipeline whose ingest remembers find faults that are none, or miss a conflict that had an effect.

import { type Transaction, toTransaction } from "@riffle/contracts";
import { expect, it } from "vitest";
import { filter } from "../../../model/filter.ts";
import { modelDefaults } from "../../../model/options.ts";

const transaction = (id: string, amount: number): Transaction =>
  toTransaction({
    id,
    accountId: "a",
    amount,
    currency: "EUR",
    type: "purchase",
    occurredAt: "2026-01-01T00:00:00Z",
  });

const rejectedIn = (received: Transaction[], refused: readonly Transaction[]) =>
  filter(received, modelDefaults, (one) => refused.includes(one)).rejected.map(
    ({ transaction: { amount }, reason, detail }) => `${amount} ${reason} ${detail}`,
  );

it("what ingest answered 409 is a conflict in its words, and in the filter's where it did not", () => {
  const [first, other] = [transaction("t", 100), transaction("t", 200)];
  expect(rejectedIn([first, other], [other])).toEqual([
    "200 conflict Ingest knew this id with other content, or with another account, and answered 409.",
  ]);
  expect(rejectedIn([first, other], [])).toEqual([
    "200 conflict This id came before, for 2026-01-01T00:00:00.000Z, with other content.",
  ]);
});

it("what ingest answered 409 is not remembered: who comes after it is the first", () => {
  const [refused, later] = [transaction("t", 200), transaction("t", 100)];
  expect(filter([refused, later], modelDefaults, (one) => one === refused).screened).toEqual([later]);
});
