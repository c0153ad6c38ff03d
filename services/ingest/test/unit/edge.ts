// A server with no Kafka behind it: a sender that records, and a clock in the hand.

import { createLogger, Metrics } from "@riffle/service-kit";
import type { SendRecord } from "@riffle/streams/kafka";
import type { RecordSender } from "../../src/record-gate.ts";
import { buildServer } from "../../src/server.ts";
import { HeldClock } from "./held-clock.ts";

/** The time all tests start at. */
export const nowMs = Date.parse("2026-03-01T12:00:00.000Z");

/** A transaction with nothing wrong; 12.50 EUR. */
export const good = {
  id: "tx-1",
  accountId: "acct-1",
  amount: 1250,
  currency: "EUR",
  occurredAt: "2026-03-01T11:59:59.000Z",
};

/** Its JSON, with one change in the text. */
export function goodText(replace = "", by = ""): string {
  return JSON.stringify(good).replace(replace, by);
}

/** Builds the server; `send` decides what becomes of each record. */
export function edge(
  send: RecordSender["send"] = () => Promise.resolve(),
  config: { PRODUCE_DEADLINE_MS?: number; UNSETTLED_SENDS_MAX?: number } = {},
) {
  const sent: SendRecord[] = [];
  const lines: string[] = [];
  const clock = new HeldClock(nowMs);
  const metrics = new Metrics("ingest", { defaults: false });
  const log = createLogger({
    service: "ingest",
    instance: "test",
    level: "trace",
    to: { write: (line) => void lines.push(line) },
  });
  const sender: RecordSender = {
    send: (record) => {
      sent.push(record);
      return send(record);
    },
  };
  const server = buildServer({
    config: { PRODUCE_DEADLINE_MS: 2_000, UNSETTLED_SENDS_MAX: 5_000, ...config },
    log,
    sender,
    metrics,
    clock,
  });
  const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    server.app.inject({
      method: "POST",
      url: "/v1/transactions",
      headers: { "content-type": "application/json", ...headers },
      payload,
    });
  return { ...server, sent, lines, clock, metrics, post };
}
