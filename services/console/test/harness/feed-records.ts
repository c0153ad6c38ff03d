// Alerts and transactions by the dozen, as their topics have them.

import { type Alert, alertId, headerNames, type Topic, type Transaction } from "@riffle/contracts";
import type { FetchedChunk } from "@riffle/streams/kafka";

const atMs = Date.parse("2026-03-01T12:00:00.000Z");

/** A transaction. @param notes so many texts of 200 characters make it longer, at most 20 */
export function aTransaction(accountId: string, n = 1, notes = 0): Transaction {
  return {
    id: `${accountId}-tx-${n}`,
    accountId,
    amount: 120_000,
    currency: "EUR",
    occurredAt: new Date(atMs + n).toISOString(),
    type: "purchase",
    ...(notes === 0 ? {} : { metadata: notesOf(notes) }),
  };
}

/** An alert of one transaction. */
export function anAlert(accountId: string, n = 1): Alert {
  const cause = aTransaction(accountId, n);
  const { occurredAt } = cause;
  return {
    id: alertId("card-testing", 1, accountId, [cause.id]),
    rule: "card-testing",
    ruleVersion: 1,
    severity: n % 3 === 0 ? "low" : "high",
    accountId,
    status: "raised",
    reason: "1 small purchase, then 1,200.00 EUR within 5 minutes.",
    evidence: [cause],
    evidenceSteps: ["large"],
    firstAt: occurredAt,
    lastAt: occurredAt,
    amount: cause.amount,
    currency: cause.currency,
  };
}

const notesOf = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`note-${i}`, "n".repeat(200)]));

/** Values as a chunk of their topic, in offsets from `offset` on. */
export function chunkOf<V extends { readonly accountId: string }>(
  topic: Topic<V>,
  partition: number,
  offset: number,
  values: readonly V[],
): FetchedChunk {
  const records = values.map((value, n) => ({
    offset: offset + n,
    timestampMs: atMs + offset + n,
    key: Buffer.from(value.accountId),
    value: topic.codec.encode(value),
    headers: [[headerNames.schema, Buffer.from(topic.codec.schema)]] as const,
  }));
  return { topic: topic.name, partition, records, nextOffset: offset + values.length, bytes: 0 };
}
