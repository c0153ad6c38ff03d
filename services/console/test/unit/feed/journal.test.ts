// A bug here puts a record into the journal twice or not at all, gives one place to two events, or lets the file grow.

import { alertCodec, deadLetterHeaderNames, topics } from "@riffle/contracts";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { Journal } from "../../../src/feed/journal.ts";
import { feedJournal } from "../../../src/feed/journal-projection.ts";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import type { ModelRecord } from "../../../src/read-model/projection.ts";
import { anAlert } from "../../harness/feed-records.ts";

const open: ReadModelDatabase[] = [];
afterEach(() => {
  for (const database of open.splice(0)) database.close();
});
function databaseOf(): ReadModelDatabase {
  const database = new ReadModelDatabase({ folder: undefined, projections: [feedJournal] });
  open.push(database);
  return database;
}

function record(topic: string, offset: number, value: unknown, more: Partial<ModelRecord> = {}): ModelRecord {
  return {
    topic,
    partition: 1,
    offset,
    timestampMs: 1_000 + offset,
    key: "acct-1",
    value,
    bytes: Buffer.from(JSON.stringify(value ?? null)),
    receivedAtMs: null,
    processedAtMs: null,
    traceparent: null,
    header: () => undefined,
    ...more,
  };
}
const alert = (offset: number): ModelRecord => record(topics.alerts.name, offset, anAlert(`acct-${offset}`));
const apply = (database: ReadModelDatabase, ...records: readonly ModelRecord[]): void =>
  database.transaction(() => feedJournal.apply(database, records));
const loose = { eventsMax: 1_000, oldestMs: () => 0 };

describe("the journal", () => {
  it("has each record once, in the order in which it was applied, with what filters go by", () => {
    const database = databaseOf();
    const transaction = record(topics.transactionsScreened.name, 7, { accountId: "acct-9", id: "t" });
    apply(database, alert(1), transaction);
    apply(database, alert(2));
    const journal = new Journal(database, loose);
    const events = journal.after(0, 10);
    expect(events.map(({ seq, kind, account, offset }) => [seq, kind, account, offset])).toEqual([
      [1, "alert", "acct-1", 1],
      [2, "transaction", "acct-9", 7],
      [3, "alert", "acct-2", 2],
    ]);
    expect(events[0]).toMatchObject({
      rule: "card-testing",
      severity: "high",
      topic: "alerts.v1",
      partition: 1,
    });
    expect(alertCodec.decode(Buffer.from(events[0]?.data ?? ""), alertCodec.schema)).toEqual(
      anAlert("acct-1"),
    );
    expect(journal.after(1, 1).map(({ seq }) => seq)).toEqual([2]);
    expect([journal.countAfter(1), journal.has(3), journal.has(4)]).toEqual([2, true, false]);
  });

  it("has nothing of what is no value: a tombstone, what cannot be read, a topic that is not the feed's", () => {
    const database = databaseOf();
    apply(
      database,
      record(topics.alerts.name, 1, undefined),
      record(topics.alerts.name, 2, anAlert("a"), { bytes: null }),
      record("elsewhere.v1", 3, { accountId: "a" }),
    );
    expect(new Journal(database, loose).last()).toBe(0);
  });

  it("has of a dead letter its key and reason, and never its value", () => {
    const database = databaseOf();
    const headers: Record<string, string> = {
      [deadLetterHeaderNames.reasonCode]: "VALUE_INVALID",
      [deadLetterHeaderNames.exceptionMessage]: "amount is missing",
    };
    const letter = record(topics.filterDeadLetters.name, 4, undefined, {
      bytes: Buffer.from('{"secret":1}'),
      key: "acct-5",
      header: (name) => headers[name],
    });
    apply(database, letter);
    const [event] = new Journal(database, loose).after(0, 1);
    expect(event).toMatchObject({ kind: "dead-letter", account: "acct-5", rule: null });
    expect(JSON.parse(event?.data ?? "")).toEqual({
      key: "acct-5",
      reasonCode: "VALUE_INVALID",
      message: "amount is missing",
    });
  });

  it("has data in one line, however it was written", () => {
    const database = databaseOf();
    const bytes = Buffer.from(JSON.stringify(anAlert("a"), undefined, 2));
    apply(database, record(topics.alerts.name, 1, anAlert("a"), { bytes }));
    expect(new Journal(database, loose).after(0, 1)[0]?.data).toBe(JSON.stringify(anAlert("a")));
  });

  it("gives what comes after a start places that no lost event can have had", () => {
    const database = databaseOf();
    apply(database, alert(1), alert(2));
    const journal = new Journal(database, loose);
    // The mark of the start is no event: nobody waits for it.
    expect([journal.last(), journal.beforeFirst(), journal.after(2, 10)]).toEqual([2, 0, []]);
    apply(database, alert(3));
    const [event] = journal.after(2, 10);
    expect(event?.seq).toBeGreaterThan(1_000_000);
    expect([journal.last(), journal.has(3), journal.has(2)]).toEqual([event?.seq, false, true]);
    expect(journal.after(0, 10).map(({ offset }) => offset)).toEqual([1, 2, 3]);
  });
});

describe("how many events come after a place", () => {
  it("is known without counting them, over starts, and when the oldest are gone", () => {
    const something = fc.oneof(
      fc.record({ do: fc.constant("append" as const), count: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ do: fc.constant("start" as const), count: fc.constant(0) }),
      fc.record({ do: fc.constant("trim" as const), count: fc.integer({ min: 1, max: 12 }) }),
    );
    fc.assert(
      fc.property(fc.array(something, { maxLength: 25 }), (actions) => {
        const database = databaseOf();
        const bounds = { eventsMax: 1_000, oldestMs: () => 0 };
        let journal = new Journal(database, bounds);
        let offset = 0;
        for (const { do: act, count } of actions) {
          if (act === "append") apply(database, ...Array.from({ length: count }, () => alert(offset++)));
          if (act === "start") journal = new Journal(database, bounds);
          bounds.eventsMax = act === "trim" ? count : 1_000;
          while (journal.trim() > 0);
        }
        const events = journal.after(0, 1_000).map(({ seq }) => seq);
        const places = [0, journal.beforeFirst(), ...events];
        expect(places.map((place) => journal.countAfter(place))).toEqual(
          places.map((place) => events.filter((seq) => seq > place).length),
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe("what bounds the journal", () => {
  it("is the number of its events, the oldest first, over starts too; the newest stays", () => {
    const database = databaseOf();
    apply(database, ...Array.from({ length: 30 }, (_, n) => alert(n)));
    const bounds = { eventsMax: 10, oldestMs: () => 0 };
    const before = new Journal(database, bounds);
    while (before.trim() > 0);
    // The mark of the start is a row too.
    expect(before.countAfter(0)).toBe(9);
    apply(database, ...Array.from({ length: 5 }, (_, n) => alert(30 + n)));
    const after = new Journal(database, bounds);
    while (after.trim() > 0);
    expect(after.after(0, 100).map(({ offset }) => offset)).toEqual([27, 28, 29, 30, 31, 32, 33, 34]);
    expect(after.beforeFirst()).toBeGreaterThan(20);
    apply(database, alert(99));
    expect(after.after(0, 100).at(-1)?.offset).toBe(99);
  });

  it("is known by the newest event that went, and not by the mark of a start", () => {
    const database = databaseOf();
    apply(database, alert(1), alert(2), alert(3));
    const journal = new Journal(database, { eventsMax: 2, oldestMs: () => 0 });
    expect(journal.removedUntil()).toBe(0);
    apply(database, alert(4));
    while (journal.trim() > 0);
    expect([journal.removedUntil(), journal.after(0, 10).map(({ offset }) => offset)]).toEqual([3, [4]]);
    apply(database, alert(5));
    while (journal.trim() > 0);
    // The mark alone went.
    expect([journal.removedUntil(), journal.after(0, 10).map(({ offset }) => offset)]).toEqual([3, [4, 5]]);
  });

  it("is the age of its events; no place is given twice, though all be too old", () => {
    const database = databaseOf();
    let oldestMs = 0;
    const journal = new Journal(database, { eventsMax: 1_000, oldestMs: () => oldestMs });
    apply(database, alert(1), alert(2), alert(3));
    oldestMs = 1_003;
    while (journal.trim() > 0);
    expect(journal.after(0, 10).map(({ offset }) => offset)).toEqual([3]);
    oldestMs = 9_999;
    while (journal.trim() > 0);
    apply(database, alert(4));
    expect(journal.after(0, 10).map(({ seq }) => seq)).toEqual([3, 4]);
  });
});
