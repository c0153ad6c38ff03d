// A bug here sends half a record back where it came from, or another one than was received.

import { createHash } from "node:crypto";
import { omissionHeaderNames } from "@riffle/contracts";
import type { HeaderPair } from "@riffle/streams";
import { describe, expect, it } from "vitest";
import { type DeadLetter, readDeadLetter } from "../../src/dead-letters/dead-letter.ts";
import { omissionOf } from "../../src/dead-letters/omission.ts";
import { redrivenRecord } from "../../src/dead-letters/redriven-record.ts";
import { restored } from "../../src/dead-letters/restored-letter.ts";
import { addedHeaders, headersOf, letterRecord } from "../harness/letters.ts";

const original = { topic: "transactions.received.v1", partition: 3, offset: 17 };
const sha256 = (value: Uint8Array | string): string => createHash("sha256").update(value).digest("hex");

const omissionHeaders = (value: string | null, parts = "value"): HeaderPair[] => [
  [omissionHeaderNames.parts, Buffer.from(parts)],
  [omissionHeaderNames.valueBytes, value === null ? null : Buffer.from(String(value.length))],
  [omissionHeaderNames.valueSha256, Buffer.from(sha256(value ?? ""))],
];

/** A record as it stands in its topic, and the dead letter that its value was left out of. */
const source = {
  ...letterRecord({ key: Buffer.from("acct-9"), value: Buffer.from("large"), timestampMs: 5 }),
  headers: [
    ["schema", Buffer.from("transaction/1")],
    ["x-reason-code", Buffer.from("the client's own")],
    ["x-redrive-count", Buffer.from("2")],
  ] as HeaderPair[],
};

const cutLetter = (value: string | null = "large"): DeadLetter =>
  readDeadLetter("filter.dlq.v1", 3, {
    ...source,
    value: null,
    headers: [...addedHeaders(original), ...omissionHeaders(value)],
  });

const wholeLetter = (): DeadLetter => {
  const letter = cutLetter();
  const found = letter.omitted && restored(letter, letter.omitted, source);
  if (found === undefined || typeof found === "string") throw new TypeError(`not restored: ${found}`);
  return found;
};

describe("what was left out", () => {
  it("is read from the last headers: its parts, its size and its hash", () => {
    expect(cutLetter().omitted).toEqual({ parts: "value", valueBytes: 5, valueSha256: sha256("large") });
    expect(cutLetter(null).omitted).toEqual({
      parts: "value",
      valueBytes: undefined,
      valueSha256: sha256(""),
    });
  });

  it("is nothing where such headers came with the record itself", () => {
    expect(omissionOf([...omissionHeaders("large"), ...addedHeaders(original)])).toBeUndefined();
    expect(omissionOf([])).toBeUndefined();
  });
});

describe("a dead letter without its value", () => {
  it("is whole with the record it was made of: its key, value, headers and rounds", () => {
    const letter = wholeLetter();
    expect([letter.record.key, letter.record.value, letter.record.headers]).toEqual([
      source.key,
      source.value,
      source.headers,
    ]);
    expect([letter.original, letter.redriveCount, letter.omitted]).toEqual([original, 2, undefined]);
  });

  it.each([
    ["is gone", undefined, /is deleted/],
    ["is another one", { ...source, value: Buffer.from("lArge") }, /another record/],
    ["has no value now", { ...source, value: null }, /another record/],
  ] as const)("is not made whole when that record %s", (_, found, why) => {
    const letter = cutLetter();
    expect(letter.omitted && restored(letter, letter.omitted, found)).toMatch(why);
  });

  it("goes back as that record, with all headers it came with and those of the redrive", () => {
    const record = redrivenRecord({ ...wholeLetter(), original });
    expect([record.key, record.value, record.timestampMs]).toEqual([source.key, source.value, 5]);
    expect(headersOf(record.headers)).toEqual({
      schema: "transaction/1",
      "x-reason-code": "the client's own",
      "x-redriven-from": "filter.dlq.v1/3/0",
      "x-redriven-for": "filter",
      "x-redrive-count": "3",
    });
  });
});
