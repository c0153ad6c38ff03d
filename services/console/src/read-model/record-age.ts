// When the record at an offset came into being, by what the read model has of it: how old is what a group has not read.
//
//   A1. It answers from rows, so it reaches back as far as they do, whenever this process began.
//   A2. Where there is no row at or after the offset, or the row does not say when, it is not known: never "now".

import { topics } from "@riffle/contracts";
import type { ReadModelDatabase } from "./database.ts";

/** Of each topic that a group of the pipeline reads: the table of its rows, and the clock of who wrote the record. */
const sources: ReadonlyMap<string, string> = new Map([
  [topics.transactionsReceived.name, sourceOf("received", "received_ms")],
  [topics.transactionsScreened.name, sourceOf("screened", "processed_ms")],
  [topics.alerts.name, sourceOf("alert_events", "processed_ms")],
]);

function sourceOf(table: string, column: string): string {
  return `SELECT ${column} AS atMs FROM ${table} WHERE partition = ? AND offset >= ? ORDER BY offset LIMIT 1`;
}

/**
 * When the record at an offset was written, epoch milliseconds, by the clock of the service that wrote it. Where the offset
 * has no row (a transaction marker, bytes that no codec reads) it is the next one that has.
 *
 * @returns undefined when it is not known (A2): the read model is not so far, or has removed it
 */
export const writtenAtMs = (
  database: Pick<ReadModelDatabase, "get">,
  topic: string,
  partition: number,
  offset: number,
): number | undefined => {
  const sql = sources.get(topic);
  if (sql === undefined) return undefined;
  return database.get<{ readonly atMs: number | null }>(sql, partition, offset)?.atMs ?? undefined;
};
