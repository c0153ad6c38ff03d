// A bug here leaves an event out of the history of a long case, shows the case as it never was, or reads all of its events for
// every look at it.

import { caseView, decide, decideOnAlert, eventsAsOf, fold } from "@riffle/cases";
import { alertId, type CaseEvent, type CaseSnapshot, parseEventTime } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caseProjection, stateEveryEvents } from "../../../src/cases/case-projection.ts";
import { caseEventsMax, caseHistory } from "../../../src/cases/case-queries.ts";
import { ReadModelDatabase, type SqlValue } from "../../../src/read-model/database.ts";
import { startMs } from "../../harness/cases/alerts.ts";
import { eventRecord } from "../../harness/cases/event-record.ts";

/** Counts the rows that it gives. */
class CountingDatabase extends ReadModelDatabase {
  rows = 0;

  override all<Row>(sql: string, ...parameters: readonly SqlValue[]): Row[] {
    const found = super.all<Row>(sql, ...parameters);
    this.rows += found.length;
    return found;
  }
}

/** A case of so many events: three of each second, comments and hand-overs in turn. */
const eventsOf = (count: number): CaseEvent[] => {
  const accountId = "acct-1";
  const opening = decideOnAlert(undefined, {
    accountId,
    alertId: alertId("card-testing", 1, accountId, ["t-1"]),
    status: "raised",
    rule: "card-testing",
    severity: "low",
    atMs: startMs,
  });
  const events = [...opening];
  let state = fold(events) as CaseSnapshot;
  while (events.length < count) {
    const { version } = state;
    const change =
      version % 2 === 0
        ? ({ command: "comment", text: `note ${version}` } as const)
        : ({ command: "assign", assignee: `ann-${version}` } as const);
    const atMs = startMs + Math.floor(version / 3) * 1_000;
    const decision = decide(state, {
      change,
      expectedVersion: version,
      commandId: `c-${version}`,
      by: "bob",
      atMs,
    });
    if (decision.kind !== "events") throw new Error(`version ${version} came to ${decision.kind}`);
    events.push(...decision.events);
    state = fold(decision.events, state) as CaseSnapshot;
  }
  return events;
};

const databaseOf = (events: readonly CaseEvent[]): CountingDatabase => {
  const database = new CountingDatabase({ folder: undefined, projections: [caseProjection] });
  const records = events.map((event, offset) =>
    eventRecord(event, offset, { key: event.accountId, timestampMs: parseEventTime(event.at) }),
  );
  database.transaction(() => caseProjection.apply(database, records));
  return database;
};

const count = 2 * stateEveryEvents + 57;
const all = eventsOf(count);
const [opened] = all;
const id = opened?.caseId ?? "";
const database = databaseOf(all);
/** The case after so many events. */
const states: (CaseSnapshot | undefined)[] = [undefined];
for (const event of all) states.push(fold([event], states.at(-1)));

const asOf = fc.oneof(
  fc.integer({ min: 0, max: count + 3 }).map((version) => ({ version })),
  fc
    .integer({ min: -1, max: Math.ceil(count / 3) + 3 })
    .map((second) => ({ atMs: startMs + second * 1_000 })),
  fc.integer({ min: -2, max: 2 }).map((off) => ({ version: stateEveryEvents + off })),
);

describe("a long case", () => {
  it("is at any time what its events up to then make, with a part of them that has no gap", () => {
    fc.assert(
      fc.property(
        fc.option(asOf, { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: count + 3 }), { nil: undefined }),
        (then, from) => {
          const told = then === undefined ? all : eventsAsOf(all, then);
          const state = states[told.length];
          const found = caseHistory(database, id, { asOf: then, from });
          if (state === undefined) {
            expect(found).toBeUndefined();
            return;
          }
          const first = from ?? Math.max(1, told.length - caseEventsMax + 1);
          const events = told.slice(first - 1, first - 1 + caseEventsMax);
          const after = first + caseEventsMax;
          expect(found).toEqual({
            case: caseView(state),
            events,
            next: after <= told.length ? after : null,
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is shown whole by going on from each answer's end", () => {
    const seen: CaseEvent[] = [];
    for (let from: number | null = 1; from !== null; ) {
      const page = caseHistory(database, id, { from });
      seen.push(...(page?.events ?? []));
      from = page?.next ?? null;
    }
    expect(seen).toEqual(all);
  });

  it.each([
    ["as it is", {}],
    ["from its beginning", { from: 1 }],
    ["as it was at a version", { asOf: { version: count - 1 } }],
    ["as it was at an instant", { asOf: { atMs: startMs + 60_000 } }],
  ])("is looked at %s by reading no more than is shown, and as many to fold", (_, choice) => {
    database.rows = 0;
    expect(caseHistory(database, id, choice)).toBeDefined();
    expect(database.rows).toBeLessThanOrEqual(caseEventsMax + stateEveryEvents);
  });

  it("whose log is broken is shown up to there, at any time before it too", () => {
    const broken = databaseOf(all.filter(({ version }) => version !== stateEveryEvents + 5));
    const version = stateEveryEvents + 4;
    expect(caseHistory(broken, id)).toMatchObject({ case: { version }, fault: expect.any(String) });
    expect(caseHistory(broken, id, { asOf: { version: count } })).toMatchObject({ case: { version } });
    expect(caseHistory(broken, id, { asOf: { version: 3 } })).toMatchObject({ case: { version: 3 } });
    broken.close();
  });
});
