// A bug here answers 5xx to bad input, records what was refused, loses what was accepted, or repeats a card number.
// The same with 300,000 requests on a real Kafka: node bench/ingest.ts fuzz

import { describe, expect, it } from "vitest";
import { parseStrictJson } from "../../src/json/strict-json.ts";
import { leftOpen, mustAccept } from "../fuzz/json-cases.ts";
import { mustRefuse } from "../fuzz/json-refusals.ts";
import { Ledger } from "../fuzz/ledger.ts";
import { cardCanary, fuzzRequest } from "../fuzz/requests.ts";
import { edge, nowMs } from "./edge.ts";

const requests = 3_000;
const seed = 42;

describe("3,000 requests by seed", () => {
  it("are answered without a 5xx, and exactly what was accepted is recorded", {
    timeout: 120_000,
  }, async () => {
    // A repeat in a batch cannot be told from the first by its answer, so none is remembered here.
    const { app, sent, lines } = edge(undefined, { REPEAT_MEMORY_BYTES: 0 });
    const ledger = new Ledger();
    for (let n = 0; n < requests; n++) {
      const { path, headers, body } = fuzzRequest("fuzz", seed, n, nowMs);
      const answer = await app.inject({ method: "POST", url: path, headers, payload: body });
      const isReplay = answer.headers["idempotency-replayed"] !== undefined;
      ledger.note(body, { status: answer.statusCode, isReplay, body: answer.body }, cardCanary);
    }
    expect(ledger.faults).toEqual([]);
    const ids = sent.map(({ value }) => JSON.parse(Buffer.from(value).toString()).id);
    expect(ledger.differences(ids)).toEqual([]);
    // Neither all refused nor all accepted, else nothing was tried.
    expect(ledger.owed).toBeGreaterThan(requests / 4);
    expect(ledger.statuses.get(400)).toBeGreaterThan(requests / 4);
    expect(lines).toEqual([]);
  });
});

describe("JSON by category", () => {
  it("that must be accepted is", () => {
    for (const bytes of mustAccept) {
      expect([bytes.toString(), parseStrictJson(bytes).kind]).toEqual([bytes.toString(), "value"]);
    }
  });

  it("that must be refused is", () => {
    for (const bytes of mustRefuse) {
      expect([bytes.toString("latin1"), parseStrictJson(bytes).kind]).toEqual([
        bytes.toString("latin1"),
        "fault",
      ]);
    }
  });

  it("that may be either is what the table says", () => {
    for (const [bytes, expected] of leftOpen) {
      const result = parseStrictJson(bytes);
      const answer = result.kind === "value" ? "accepted" : result.fault.code;
      expect([bytes.toString().slice(0, 60), answer]).toEqual([bytes.toString().slice(0, 60), expected]);
    }
    expect(mustAccept.length + mustRefuse.length + leftOpen.length).toBeGreaterThan(318);
  });
});
