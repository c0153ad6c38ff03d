// The windows that an instant of an account falls into, with what they hold now.
//
//   N1. Of sliding windows only the transaction's own is told: the one that ends with it. It is found by account,
//       currency, event time and time of acceptance, and among several by the order in which they were screened.

import type { WindowKind } from "@riffle/contracts";
import type { WindowView } from "../answers.ts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import type { PlacedRow, ScreenedRow } from "./hop.ts";

export interface WindowRow extends Omit<WindowView, "final" | "advanceMs">, PlacedRow {
  readonly advanceMs: number | null;
  readonly final: number;
}

/** The columns of a {@link WindowRow}. */
export const windowColumns = `kind, size_ms AS sizeMs, advance_ms AS advanceMs, start_ms AS start, end_ms AS "end", currency,
  count, sum, min, max, average, final, partition, offset, event_ms AS eventMs, processed_ms AS atMs`;

/** A row as it is answered. */
export const windowView = (row: WindowRow): WindowView => ({
  kind: row.kind,
  sizeMs: row.sizeMs,
  ...(row.advanceMs === null ? {} : { advanceMs: row.advanceMs }),
  start: row.start,
  end: row.end,
  currency: row.currency,
  count: row.count,
  sum: row.sum,
  min: row.min,
  max: row.max,
  average: row.average,
  final: row.final === 1,
});

/** A kind of window that an account has: what tells its windows apart beside their start. */
export interface WindowSeries {
  readonly currency: string;
  readonly kind: WindowKind;
  readonly sizeMs: number;
}

/** The kinds of window that there are of an account, found by leaping through the primary key. */
export const windowSeries = (database: ReadModelDatabase, accountId: string): WindowSeries[] => {
  const found: WindowSeries[] = [];
  let last: WindowSeries = { currency: "", kind: "" as WindowKind, sizeMs: 0 };
  for (;;) {
    const next = database.get<WindowSeries>(
      `SELECT currency, kind, size_ms AS sizeMs FROM windows
       WHERE account_id = ? AND (currency, kind, size_ms) > (?, ?, ?) ORDER BY currency, kind, size_ms LIMIT 1`,
      accountId,
      last.currency,
      last.kind,
      last.sizeMs,
    );
    if (next === undefined) return found;
    found.push(next);
    last = next;
  }
};

/** Tumbling, hopping and session windows that hold the instant. */
export const windowsAt = (
  database: ReadModelDatabase,
  accountId: string,
  currency: string,
  eventMs: number,
): WindowRow[] =>
  windowSeries(database, accountId)
    .filter((series) => series.currency === currency && series.kind !== "sliding")
    .flatMap(({ kind, sizeMs }) => {
      // A session may be as long as its account is busy: the last one that began by then is the only one that can hold it.
      const [since, limit] = kind === "session" ? [Number.MIN_SAFE_INTEGER, 1] : [eventMs - sizeMs + 1, -1];
      return database
        .all<WindowRow>(
          `SELECT ${windowColumns} FROM windows
           WHERE account_id = ? AND currency = ? AND kind = ? AND size_ms = ? AND start_ms BETWEEN ? AND ?
           ORDER BY start_ms DESC LIMIT ?`,
          accountId,
          currency,
          kind,
          sizeMs,
          since,
          eventMs,
          limit,
        )
        .filter(({ end }) => eventMs < end)
        .reverse();
    });

/** The sliding window that ends with the transaction (N1). */
export const slidingWindowOf = (
  database: ReadModelDatabase,
  name: { readonly id: string; readonly accountId: string; readonly currency: string },
  screened: ScreenedRow,
): WindowRow | undefined => {
  const { accountId, currency } = name;
  const candidates = windowSeries(database, accountId)
    .filter((series) => series.currency === currency && series.kind === "sliding")
    .flatMap(({ sizeMs }) =>
      database.all<WindowRow>(
        `SELECT ${windowColumns} FROM windows WHERE account_id = ? AND currency = ? AND kind = 'sliding'
         AND size_ms = ? AND start_ms = ? AND received_ms IS ? ORDER BY offset`,
        accountId,
        currency,
        sizeMs,
        screened.eventMs - sizeMs + 1,
        screened.receivedMs,
      ),
    );
  if (candidates.length === 0) return undefined;
  const before = database.get<{ readonly n: number }>(
    `SELECT count(*) AS n FROM received AS other JOIN screened ON screened.id = other.id AND screened.account_id = other.account_id
     WHERE other.account_id = ? AND other.event_ms = ? AND screened.received_ms IS ? AND screened.offset < ?
       AND json_extract(other.value, '$.currency') = ?`,
    accountId,
    screened.eventMs,
    screened.receivedMs,
    screened.offset,
    currency,
  );
  return candidates[before?.n ?? 0];
};
