// A bug here leaves a window out of a chart, shows an old one in the place of a new one, or reads all windows of a busy account
// to show the newest of them.

import type { WindowKind } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newestWindows, type WindowSeries, windowSeries } from "../../../src/passport/windows-of.ts";
import { ReadModelDatabase, type SqlValue } from "../../../src/read-model/database.ts";
import { windows } from "../../../src/read-model/projections/windows.ts";

interface Told {
  readonly series: WindowSeries;
  readonly start: number;
  readonly end: number;
  /** Of sliding windows their offset, else -1. */
  readonly toldAt: number;
}

/** Notes what it is asked, and how many rows it gives. */
class WatchedDatabase extends ReadModelDatabase {
  rows = 0;
  asked: { readonly sql: string; readonly parameters: readonly SqlValue[] }[] = [];

  override all<Row>(sql: string, ...parameters: readonly SqlValue[]): Row[] {
    const found = super.all<Row>(sql, ...parameters);
    this.rows += found.length;
    this.asked.push({ sql, parameters });
    return found;
  }
}

const databaseOf = (told: readonly Told[]): WatchedDatabase => {
  const database = new WatchedDatabase({ folder: undefined, projections: [windows] });
  database.transaction(() => {
    const insert = database.statement(
      "INSERT OR IGNORE INTO windows VALUES ('acct-1', ?, ?, ?, ?, ?, ?, NULL, 1, 1, 1, 1, 1, 1, 0, ?, 0, NULL, NULL)",
    );
    for (const { series, start, end, toldAt } of told) {
      const { currency, kind, sizeMs } = series;
      insert.run(currency, kind, sizeMs, start, toldAt, end, toldAt);
    }
  });
  return database;
};

const kinds: readonly WindowKind[] = ["tumbling", "hopping", "sliding", "session"];
const allSeries = ["EUR", "USD"].flatMap((currency) =>
  kinds.map((kind, i): WindowSeries => ({ currency, kind, sizeMs: 5 * (i + 1) })),
);

/** Sessions of one holder do not touch; the others are as long as they say. */
const someWindow = fc
  .record({
    series: fc.constantFrom(...allSeries),
    at: fc.nat({ max: 30 }),
    long: fc.integer({ min: 1, max: 5 }),
    offset: fc.nat({ max: 9 }),
  })
  .map(({ series, at, long, offset }): Told => {
    const start = series.kind === "session" ? at * 5 : at;
    const end = start + (series.kind === "session" ? long : series.sizeMs);
    return { series, start, end, toldAt: series.kind === "sliding" ? offset : -1 };
  });

const nameOf = ({ series: { currency, kind, sizeMs }, start, toldAt }: Told): string =>
  [currency, kind, sizeMs, start, toldAt].join("/");

describe("the newest windows of an account", () => {
  it("are those that a sorting of all of them begins with", () => {
    const some = fc.array(someWindow, { maxLength: 120 });
    const sinceMs = fc.integer({ min: -5, max: 160 });
    const limit = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(some, fc.subarray(allSeries), sinceMs, limit, (told, series, since, most) => {
        const first = new Map(told.toReversed().map((one) => [nameOf(one), one]));
        const database = databaseOf([...first.values()]);
        const found = newestWindows(database, "acct-1", series, { sinceMs: since, limit: most });
        const fitting = [...first.values()]
          .filter(({ series: of, end }) => series.includes(of) && end > since)
          .sort((a, b) => b.start - a.start || b.toldAt - a.toldAt);
        // Of two series that began at one instant either may be the last.
        const placeOf = ({ start, toldAt }: { readonly start: number; readonly toldAt: number }) =>
          `${start} ${toldAt}`;
        const shown = found.map(({ start, end, offset, currency, kind, sizeMs }): Told => {
          return { series: { currency, kind, sizeMs }, start, end, toldAt: offset };
        });
        expect(shown.map(placeOf)).toEqual(fitting.slice(0, most).map(placeOf));
        expect(new Set(shown.map(nameOf)).size).toBe(shown.length);
        for (const one of shown) expect(first.get(nameOf(one))?.end).toBe(one.end);
        database.close();
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["one series that has all the newest", (one: number, n: number) => n + (one === 0 ? 100_000 : 0)],
    ["series that all end at one time", (_: number, n: number) => n],
    ["transactions that all have one time", () => 7],
  ])("are found by reading about as many as are shown: %s", (_, startOf) => {
    const told = allSeries
      .filter(({ kind }) => kind === "sliding" || kind === "tumbling")
      .flatMap((series, one) =>
        Array.from({ length: 3_000 }, (__, n): Told => {
          const start = startOf(one, n);
          return { series, start, end: start + series.sizeMs, toldAt: series.kind === "sliding" ? n : -1 };
        }),
      );
    const database = databaseOf(told);
    const series = windowSeries(database, "acct-1");
    expect(series).toHaveLength(4);
    expect(newestWindows(database, "acct-1", series, { sinceMs: 0, limit: 1_000 })).toHaveLength(1_000);
    expect(database.rows).toBeLessThan(2_100);
    database.close();
  });

  it("are found by the primary key alone, from the first to the last that can fit", () => {
    const database = databaseOf(
      allSeries.map((series) => ({ series, start: 10, end: 10 + series.sizeMs, toldAt: -1 })),
    );
    const far = { sinceMs: 999_999_999_999_999, limit: 10 };
    expect(newestWindows(database, "acct-1", allSeries, far)).toEqual([]);
    const asked = [...database.asked];
    expect(asked).toHaveLength(allSeries.length);
    for (const { sql, parameters } of asked) {
      const plan = database.all<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...parameters);
      expect(plan.map(({ detail }) => detail)).toEqual([
        "SEARCH windows USING PRIMARY KEY (account_id=? AND currency=? AND kind=? AND size_ms=? AND start_ms>? AND (start_ms,told_at)<(?,?))",
      ]);
    }
    database.close();
  });
});
