// A server with no Kafka behind it: a sender that records, and a clock in the hand.

import { createLogger, loadConfig, Metrics, type Tracing } from "@riffle/service-kit";
import type { SendRecord } from "@riffle/streams/kafka";
import { configSchema, type IngestConfig } from "../../src/config.ts";
import type { HttpTimeouts } from "../../src/http-timeouts.ts";
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

/** What the environment of a developer says: nothing. A busy machine is no reason to refuse here. */
const defaults = {
  ...loadConfig(configSchema, { env: { KAFKA_BROKERS: "127.0.0.1:1" } }),
  EVENT_LOOP_DELAY_MS_MAX: 3_600_000,
};

/** Builds the server; `send` decides what becomes of each record. */
export function edge(
  send: RecordSender["send"] = () => Promise.resolve(),
  config: Partial<IngestConfig> = {},
  tracing?: Tracing,
  timeouts?: HttpTimeouts,
  resultBytesMax?: number,
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
    config: { ...defaults, PRODUCE_DEADLINE_MS: 2_000, ...config },
    log,
    sender,
    metrics,
    tracing,
    clock,
    timeouts,
    resultBytesMax,
  });
  const postBatch = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    server.app.inject({
      method: "POST",
      url: "/v1/transactions/batch",
      headers: { "content-type": "application/x-ndjson", ...headers },
      payload,
    });
  const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    server.app.inject({
      method: "POST",
      url: "/v1/transactions",
      headers: { "content-type": "application/json", ...headers },
      payload,
    });
  return { ...server, sent, lines, log, clock, metrics, post, postBatch };
}
