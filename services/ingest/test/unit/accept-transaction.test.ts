// A bug here records what breaks the contract, because the quick way looked away, or refuses what keeps it.

import {
  checkEventTime,
  explainTransactionInput,
  parseEventTime,
  topics,
  toTransaction,
} from "@riffle/contracts";
import { transactionInputArbitrary } from "@riffle/contracts/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptTransaction } from "../../src/accept-transaction.ts";
import { good, nowMs } from "./edge.ts";

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const verdict = (value: unknown, key?: string) => acceptTransaction(bytes(value), nowMs, key);

/** Values that canonicalising could make into something else. */
const oddValues = fc.constantFrom<unknown>(
  null,
  "",
  "abc",
  0,
  -0,
  1,
  1.5,
  true,
  [],
  ["a"],
  {},
  { a: "b" },
  { a: 1 },
  "2026-03-01T12:00:00Z",
  Number.MAX_SAFE_INTEGER,
);
const oddNames = fc.constantFrom(
  "type",
  "metadata",
  "amount",
  "id",
  "occurredAt",
  "latitude",
  "ammount",
  "toString",
);

describe("the quick way", () => {
  it("accepts exactly what the contract has no word against, and writes what the contract means", {
    timeout: 120_000,
  }, () => {
    const input = fc.tuple(transactionInputArbitrary, fc.dictionary(oddNames, oddValues, { maxKeys: 2 }));
    fc.assert(
      fc.property(input, ([transaction, odd]) => {
        const value = { ...transaction, occurredAt: good.occurredAt, ...odd };
        // Strict JSON has a word of its own against that name.
        fc.pre(!JSON.stringify(value).includes("__proto__"));
        const read = JSON.parse(JSON.stringify(value));
        const violations = explainTransactionInput(read);
        const isTimely =
          violations.length === 0 && checkEventTime(parseEventTime(read.occurredAt), nowMs) === undefined;
        const answer = verdict(value);
        expect(answer.kind).toBe(isTimely ? "accepted" : "refused");
        if (answer.kind === "accepted") {
          const canonical = topics.transactionsReceived.codec.encode(toTransaction(read));
          expect(Buffer.from(answer.value).toString()).toBe(Buffer.from(canonical).toString());
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("a refusal", () => {
  it("has the place of each value that is wrong, in bytes", () => {
    const text = '{"id":"tx-1", "accountId":"é", "amount":12.5,\n"currency":"EUR"}';
    const answer = acceptTransaction(Buffer.from(text), nowMs);
    const errors = answer.kind === "refused" ? (answer.problem.errors ?? []) : [];
    expect(errors.map(({ field, byteAt }) => [field, byteAt])).toEqual([
      ["accountId", 26],
      ["amount", 41],
      // Absent: where the object begins.
      ["occurredAt", 0],
    ]);
  });
});

describe("the Idempotency-Key", () => {
  const { id: _, ...withoutId } = good;

  it("is the id of a body without one", () => {
    const answer = verdict(withoutId, "key-1");
    expect(answer).toMatchObject({ kind: "accepted", transaction: { id: "key-1" } });
  });

  it("may be the id of the body", () => {
    expect(verdict(good, good.id).kind).toBe("accepted");
  });

  it.each([["tx-2"], [null], [1]])("is refused beside the id %j", (id) => {
    expect(verdict({ ...good, id }, "tx-1")).toMatchObject({
      kind: "refused",
      problem: { code: "idempotency-key-mismatch" },
    });
  });

  it("repairs nothing else", () => {
    expect(verdict({ ...withoutId, amount: 0 }, "key-1").kind).toBe("refused");
    expect(verdict([good], "key-1").kind).toBe("refused");
  });
});
