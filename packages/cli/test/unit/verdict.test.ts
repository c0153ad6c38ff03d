// A bug here tells an operator that a record can be read now when it cannot, and it comes straight back.

import { topics } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { judge } from "../../src/dead-letters/verdict.ts";
import { letterOf } from "../harness/letters.ts";

const schema: [string, Buffer] = ["schema", Buffer.from("transaction/1")];
const transaction = {
  id: "t-1",
  accountId: "acct-1",
  amount: 199,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00Z",
  type: "purchase",
} as const;
const value = (of: object): Buffer => Buffer.from(JSON.stringify(of));

describe("a dead letter, read again by the codec of its topic,", () => {
  it("is readable when nothing is wrong with it", () => {
    const letter = letterOf({ value: value(transaction), headers: [schema] });
    expect(judge(letter)).toEqual({ kind: "readable", schema: topics.transactionsReceived.codec.schema });
  });

  it("has the exact violation, its field and what to do", () => {
    const letter = letterOf({ value: value({ ...transaction, amount: 1.5 }), headers: [schema] });
    expect(judge(letter)).toMatchObject({
      kind: "unreadable",
      code: "VALUE_INVALID",
      field: "amount",
      message: expect.stringContaining("amount"),
      remedy: expect.stringContaining("producer"),
    });
  });

  it.each([
    ["has no schema", letterOf({ value: value(transaction) }), "SCHEMA_MISSING"],
    ["is no JSON", letterOf({ value: Buffer.from("{"), headers: [schema] }), "VALUE_NOT_JSON"],
    ["is a tombstone", letterOf({ value: null, headers: [schema] }), "VALUE_TOMBSTONE"],
  ])("%s", (_, letter, code) => {
    expect(judge(letter)).toMatchObject({ kind: "unreadable", code });
  });

  it("is not judged when this build does not know its topic", () => {
    expect(judge(letterOf({ original: { topic: "elsewhere.v1", partition: 0, offset: 0 } }))).toEqual({
      kind: "unknown-topic",
    });
  });
});
