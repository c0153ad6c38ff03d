// The windows that an instant of an account falls into, with what they hold now.
//
//   N1. Of sliding windows only the transaction's own is told: the one that ends with it. It is found by account,
//       currency, event time and time of acceptance, and among several by the order in which they were screened.
//   N2. Of a long series no more is read than is shown: rows come by the primary key, the newest first, and are not sorted.

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

interface PointRow extends WindowRow {
  readonly toldAt: number;
}

/**
 * The newest windows of some series that end after `sinceMs`, the newest first, at most `limit`. All series are gone through
 * together, a few rows of each at a time, as long as they have one that may still be shown: about twice `limit` rows are read (N2).
 */
export const newestWindows = (
  database: ReadModelDatabase,
  accountId: string,
  series: readonly WindowSeries[],
  { sinceMs, limit }: { readonly sinceMs: number; readonly limit: number },
): WindowRow[] => {
  const atOnce = Math.ceil(limit / Math.max(1, series.length)) + 1;
  let shown: PointRow[] = [];
  let open = series.map((one) => ({ one, last: endOfTime }));
  while (open.length > 0) {
    const read = open.map(({ one, last }) => {
      const rows = windowsBefore(database, accountId, { ...one, sinceMs, limit: atOnce }, last);
      return { one, rows, last: rows.at(-1) };
    });
    shown = [...shown, ...read.flatMap(({ rows }) => rows)].sort(byNewest).slice(0, limit);
    const oldest = shown.length < limit ? undefined : shown.at(-1);
    open = read.flatMap(({ one, rows, last }) => {
      if (last === undefined || rows.length < atOnce) return [];
      return oldest === undefined || byNewest(last, oldest) <= 0 ? [{ one, last }] : [];
    });
  }
  return shown;
};

type Told = Pick<PointRow, "start" | "toldAt">;

const endOfTime: Told = { start: Number.MAX_SAFE_INTEGER, toldAt: Number.MAX_SAFE_INTEGER };

const byNewest = (a: Told, b: Told): number => b.start - a.start || b.toldAt - a.toldAt;

interface SeriesPage extends WindowSeries {
  readonly sinceMs: number;
  readonly limit: number;
}

/** The newest windows of one series before another, the newest first. */
const windowsBefore = (
  database: ReadModelDatabase,
  accountId: string,
  { currency, kind, sizeMs, sinceMs, limit }: SeriesPage,
  before: Told,
): PointRow[] => {
  const name = [accountId, currency, kind, sizeMs] as const;
  // Without a lower bound of the key, windows that all ended before would be gone through.
  const from = kind === "session" ? sessionAt(database, name, sinceMs) : sinceMs - sizeMs;
  return database.all<PointRow>(
    `SELECT ${windowColumns}, told_at AS toldAt FROM windows
     WHERE account_id = ? AND currency = ? AND kind = ? AND size_ms = ? AND start_ms >= ? AND (start_ms, told_at) < (?, ?)
     AND end_ms > ? ORDER BY start_ms DESC, told_at DESC LIMIT ?`,
    ...name,
    from,
    before.start,
    before.toldAt,
    sinceMs,
    limit,
  );
};

/** Start of the last session that began by an instant: none that began before it ends later. */
const sessionAt = (
  database: ReadModelDatabase,
  name: readonly [accountId: string, currency: string, kind: string, sizeMs: number],
  atMs: number,
): number => {
  const sql =
    "SELECT max(start_ms) AS start FROM windows WHERE account_id = ? AND currency = ? AND kind = ? AND size_ms = ? AND start_ms <= ?";
  return database.get<{ readonly start: number | null }>(sql, ...name, atMs)?.start ?? atMs;
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
