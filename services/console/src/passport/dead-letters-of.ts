// The dead letters that were made of a transaction's records.

import type { DeadLetterView, Hop } from "../answers.ts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import { hopOf, type PlacedRow, type TransactionName } from "./hop.ts";

interface DeadLetterRow extends DeadLetterView, PlacedRow {}

const columns = `topic, partition, offset, reason_code AS reasonCode, message, event_ms AS eventMs, NULL AS atMs`;

/**
 * Found by the place of the record that they were made of; and by the id that can be made out in them, for those that no
 * codec reads have no other record.
 */
export const deadLettersOf = (
  database: ReadModelDatabase,
  { id, accountId }: TransactionName,
  hops: readonly Hop[],
): { readonly letters: readonly DeadLetterView[]; readonly hops: readonly Hop[] } => {
  const byPlace = hops.flatMap(({ topic, partition, offset }) =>
    database.all<DeadLetterRow>(
      `SELECT ${columns} FROM dead_letters
       WHERE original_topic = ? AND original_partition = ? AND original_offset = ?`,
      topic,
      partition,
      offset,
    ),
  );
  const byId = database.all<DeadLetterRow>(
    `SELECT ${columns} FROM dead_letters WHERE transaction_id = ? AND coalesce(key, '') = ?`,
    id,
    accountId,
  );
  const rows = [
    ...new Map(
      [...byPlace, ...byId].map((row) => [`${row.topic}/${row.partition}/${row.offset}`, row]),
    ).values(),
  ].toSorted((a, b) => (a.topic === b.topic ? a.offset - b.offset : a.topic < b.topic ? -1 : 1));
  return {
    letters: rows.map(({ topic, partition, offset, reasonCode, message }) => ({
      topic,
      partition,
      offset,
      reasonCode,
      message,
    })),
    hops: rows.map((row) =>
      hopOf(row, {
        stage: "dead-lettered",
        service: row.topic.replace(/\.dlq\.v[0-9]+$/, ""),
        topic: row.topic,
        reason: row.reasonCode,
      }),
    ),
  };
};
