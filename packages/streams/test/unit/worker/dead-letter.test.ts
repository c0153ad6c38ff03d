// A bug here changes the evidence: the parked record is no longer the one that was received, or nobody can tell where
// it came from.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import { deadLetter } from "../../../src/worker/dead-letter.ts";
import { headersOf, rawRecord } from "../../harness/records.ts";

const parked = (
  cause: unknown,
  record = rawRecord(41, "acct", "value", { timestampMs: 5 }),
  bytesMax = 1_048_588,
) => deadLetter({ to: "dlq", topic: "in", partition: 7, record, cause, bytesMax });

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

const producer = { producerId: 1n, producerEpoch: 0, baseSequence: 0, transactional: true };
const batchOf = (letter: ReturnType<typeof parked>) => encodeRecordBatch([letter], producer).length;

describe("a record that does not fit its dead-letter topic", () => {
  const bytesMax = 10_000;
  const small = () => rawRecord(41, "acct", "v".repeat(9_000), { headers: [["h", Buffer.from("x")]] });

  it("is whole up to the last byte that fits, and without its value from there on", () => {
    const exact = batchOf(parked(new Error("no"), small()));
    const whole = parked(new Error("no"), small(), exact);
    expect([whole.value?.length, headersOf(whole.headers)["x-omitted"]]).toEqual([9_000, undefined]);
    const cut = parked(new Error("no"), small(), exact - 1);
    expect([cut.value, headersOf(cut.headers)["x-omitted"]]).toEqual([null, "value"]);
  });

  it("says the size and the hash of the value that was left out, and keeps key and headers", () => {
    const record = rawRecord(41, "acct", "v".repeat(20_000), { headers: [["h", Buffer.from("x")]] });
    const letter = parked(new Error("no"), record, bytesMax);
    expect([letter.key, letter.value]).toEqual([record.key, null]);
    expect(headersOf(letter.headers)).toMatchObject({
      h: "x",
      "kafka_dlt-original-topic": "in",
      "kafka_dlt-original-partition": "7",
      "kafka_dlt-original-offset": "41",
      "x-omitted": "value",
      "x-omitted-value-bytes": "20000",
      "x-omitted-value-sha256": createHash("sha256").update("v".repeat(20_000)).digest("hex"),
    });
  });

  it("loses its headers and its key too, where these are what is too large", () => {
    const wide = rawRecord(1, "k", null, { headers: [["h", Buffer.alloc(20_000)]] });
    const bare = parked(new Error("no"), wide, bytesMax);
    expect([bare.key, headersOf(bare.headers)["x-omitted"]]).toEqual([wide.key, "value,headers"]);
    expect(headersOf(bare.headers)).toMatchObject({ "x-omitted-value-bytes": null });
    const long = rawRecord(1, "k".repeat(20_000), "v");
    expect(headersOf(parked(new Error("no"), long, bytesMax).headers)["x-omitted"]).toBe("value,headers,key");
  });

  it("fits it, whatever of it is large", () => {
    const part = fc.integer({ min: 0, max: 12_000 });
    fc.assert(
      fc.property(part, part, part, part, (key, value, header, message) => {
        const record = rawRecord(1, "k".repeat(key), Buffer.alloc(value), {
          headers: [["h", Buffer.alloc(header)]],
        });
        const letter = parked(new Error("€".repeat(message)), record, bytesMax);
        expect(batchOf(letter)).toBeLessThanOrEqual(bytesMax);
      }),
    );
  });
});
