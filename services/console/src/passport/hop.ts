// The hops of a transaction: each record that is it, or follows from it, with when and where.

import { formatEventTime, topics } from "@riffle/contracts";
import type { Hop, HopStage } from "../answers.ts";
import type { ReadModelDatabase } from "../read-model/database.ts";

/** Where a record is, and when. */
export interface PlacedRow {
  readonly partition: number;
  readonly offset: number;
  readonly eventMs: number;
  readonly atMs: number | null;
}

interface HopSource {
  readonly stage: HopStage;
  readonly service: string;
  readonly topic: string;
  /** When the hop happened that this one follows from. */
  readonly previousMs?: number | null;
  readonly reason?: string;
  readonly alertId?: string;
}

/** A hop from the row of its record. */
export const hopOf = (row: PlacedRow, { previousMs = null, ...source }: HopSource): Hop => ({
  ...source,
  partition: row.partition,
  offset: row.offset,
  eventTime: formatEventTime(row.eventMs),
  atMs: row.atMs,
  sincePreviousMs: row.atMs === null || previousMs === null ? null : row.atMs - previousMs,
});

/** Which transaction. */
export interface TransactionName {
  readonly id: string;
  readonly accountId: string;
}

export interface ReceivedRow extends PlacedRow {
  readonly traceparent: string | null;
  readonly value: string;
}

/** The records in which ingest took it in, in their order: the first is the one that counts. */
export const receivedRows = (
  database: ReadModelDatabase,
  { id, accountId }: TransactionName,
): ReceivedRow[] =>
  database.all<ReceivedRow>(
    `SELECT partition, offset, event_ms AS eventMs, received_ms AS atMs, traceparent, value
     FROM received WHERE id = ? AND account_id = ? ORDER BY offset`,
    id,
    accountId,
  );

export interface ScreenedRow extends PlacedRow {
  readonly receivedMs: number | null;
}

/** The records in which the filter let it pass: one, unless the filter has forgotten the first. */
export const screenedRows = (
  database: ReadModelDatabase,
  { id, accountId }: TransactionName,
): ScreenedRow[] =>
  database.all<ScreenedRow>(
    `SELECT partition, offset, event_ms AS eventMs, processed_ms AS atMs, received_ms AS receivedMs
     FROM screened WHERE id = ? AND account_id = ? ORDER BY offset`,
    id,
    accountId,
  );

/** Hops from ingest and the filter. */
export const arrivalHops = (
  database: ReadModelDatabase,
  name: TransactionName,
  received: readonly ReceivedRow[],
  screened: readonly ScreenedRow[],
): Hop[] => [
  ...received.map((row) =>
    hopOf(row, { stage: "received", service: "ingest", topic: topics.transactionsReceived.name }),
  ),
  ...screened.map((row) =>
    hopOf(row, {
      stage: "screened",
      service: "filter",
      topic: topics.transactionsScreened.name,
      previousMs: row.receivedMs,
    }),
  ),
  ...rejectedHops(database, name),
];

interface RejectedRow extends ScreenedRow {
  readonly reason: string;
}

const rejectedHops = (database: ReadModelDatabase, { id, accountId }: TransactionName): Hop[] =>
  database
    .all<RejectedRow>(
      `SELECT partition, offset, event_ms AS eventMs, processed_ms AS atMs, received_ms AS receivedMs, reason
       FROM rejected WHERE id = ? AND account_id = ? ORDER BY offset`,
      id,
      accountId,
    )
    .map((row) =>
      hopOf(row, {
        stage: "rejected",
        service: "filter",
        topic: topics.transactionsRejected.name,
        previousMs: row.receivedMs,
        reason: row.reason,
      }),
    );
