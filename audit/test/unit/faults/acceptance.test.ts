// A bug here calls an answer true though what was accepted is nowhere.

import type { Transaction } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { acceptanceFaults } from "../../../faults/acceptance.ts";
import type { Outcome } from "../../../faults/load-log.ts";
import { Sent } from "../../../faults/sent.ts";
import { contentDigestOf } from "../../../model/record-lines.ts";

const transaction = (id: string, amount = 1): Transaction => ({
  id,
  accountId: "acc",
  amount,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00.000Z",
  type: "purchase",
});
const [a, b] = [transaction("a"), transaction("b")];
/** The same id with other content. */
const contradiction = transaction("a", 2);

const answer = (one: Transaction, outcome: Outcome) => ({
  id: one.id,
  content: contentDigestOf(one),
  outcome,
});

const faultsOf = (
  answered: readonly ReturnType<typeof answer>[],
  received: readonly Transaction[],
  all: readonly Transaction[] = [a, b, contradiction],
): string[] => {
  const sent = new Sent();
  for (const one of all) sent.add(one);
  return acceptanceFaults({ sent, answered, received });
};

describe("acceptance", () => {
  it("holds when all that was answered 202 is there, and what was not answered is there or not", () => {
    const answered = [answer(a, "accepted"), answer(b, "unknown")];
    expect(faultsOf(answered, [a])).toEqual([]);
    expect(faultsOf(answered, [a, b, a])).toEqual([]);
  });

  it("is broken by a transaction that was answered 202 and is nowhere, once however often it was answered", () => {
    expect(faultsOf([answer(a, "accepted"), answer(a, "accepted")], [b])).toEqual([
      "1 answered 202 and lost, such as a",
    ]);
  });

  it("is broken when of two contents of one id, both answered 202, one is nowhere", () => {
    const answered = [answer(a, "accepted"), answer(contradiction, "accepted")];
    expect(faultsOf(answered, [a])).toEqual(["1 answered 202 and lost, such as a"]);
    expect(faultsOf(answered, [contradiction, a])).toEqual([]);
  });

  it("is broken by what nobody sent, or sent with other content", () => {
    expect(faultsOf([], [transaction("c")])).toEqual(["1 that nobody sent like this, such as c"]);
    expect(faultsOf([], [transaction("b", 3)])).toEqual(["1 that nobody sent like this, such as b"]);
  });

  it("is broken by a refusal, and by a conflict where nothing contradicts", () => {
    expect(faultsOf([answer(b, "refused")], [])).toEqual(["1 refused though valid, such as b"]);
    expect(faultsOf([answer(b, "conflict")], [])).toEqual(["1 refused though valid, such as b"]);
    expect(faultsOf([answer(contradiction, "conflict")], [])).toEqual([]);
  });
});
