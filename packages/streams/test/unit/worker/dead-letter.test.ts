// A bug here changes the evidence: the parked record is no longer the one that was received, or nobody can tell where
// it came from.

import { describe, expect, it } from "vitest";
import { deadLetter } from "../../../src/worker/dead-letter.ts";
import { headersOf, rawRecord } from "../../harness/records.ts";

const parked = (cause: unknown, record = rawRecord(41, "acct", "value", { timestampMs: 5 })) =>
  deadLetter({ to: "dlq", topic: "in", partition: 7, record, cause });

describe("the record", () => {
  it("keeps key, value and headers byte for byte, and its partition number", () => {
    const record = rawRecord(1, "ke\u0000y", Buffer.from([0xff, 0x00]), {
      headers: [
        ["a", Buffer.from([0xfe])],
        ["a", null],
      ],
    });
    const letter = parked(new Error("no"), record);
    expect([letter.topic, letter.partition]).toEqual(["dlq", 7]);
    expect(letter.key).toBe(record.key);
    expect(letter.value).toBe(record.value);
    expect(letter.headers.slice(0, 2)).toEqual(record.headers);
  });

  it("keeps a null key and a null value", () => {
    const letter = parked(new Error("no"), rawRecord(1, null, null));
    expect([letter.key, letter.value]).toEqual([null, null]);
  });

  it("keeps its event time; a record without one gets zero and says so in its header", () => {
    expect(parked(new Error("no")).timestampMs).toBe(5);
    const letter = parked(new Error("no"), rawRecord(1, "k", "v", { timestampMs: -1 }));
    expect(letter.timestampMs).toBe(0);
    expect(headersOf(letter.headers)["kafka_dlt-original-timestamp"]).toBe("-1");
  });
});

describe("the headers", () => {
  it("say where it came from and what was thrown", () => {
    class OddError extends Error {
      override readonly name = "OddError";
      readonly code = "VALUE_ODD";
    }
    expect(headersOf(parked(new OddError("amount is odd")).headers)).toEqual({
      "kafka_dlt-original-topic": "in",
      "kafka_dlt-original-partition": "7",
      "kafka_dlt-original-offset": "41",
      "kafka_dlt-original-timestamp": "5",
      "kafka_dlt-exception-fqcn": "OddError",
      "kafka_dlt-exception-message": "amount is odd",
      "x-reason-code": "VALUE_ODD",
    });
  });

  it.each([
    ["an error without a code", new TypeError("x"), "TypeError", "x", "HANDLER_FAILED"],
    [
      "an error whose code is a number",
      Object.assign(new Error("x"), { code: 7 }),
      "Error",
      "x",
      "HANDLER_FAILED",
    ],
    ["a text", "boom", "string", "boom", "HANDLER_FAILED"],
    ["nothing", undefined, "undefined", "undefined", "HANDLER_FAILED"],
  ])("%s has a class, a message and a reason too", (_, cause, name, message, reason) => {
    const headers = headersOf(parked(cause).headers);
    expect(headers["kafka_dlt-exception-fqcn"]).toBe(name);
    expect(headers["kafka_dlt-exception-message"]).toBe(message);
    expect(headers["x-reason-code"]).toBe(reason);
  });

  it("cut a message after 500 characters", () => {
    const headers = headersOf(parked(new Error("m".repeat(501))).headers);
    expect(headers["kafka_dlt-exception-message"]).toBe("m".repeat(500));
  });
});
