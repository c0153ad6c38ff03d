// A bug here looks like a disk that fills up, a rebuild that needs twice the room, or like a passport that is gone a week too
// early.

import { createLogger } from "@riffle/service-kit";
import type { FetchedChunk } from "@riffle/streams/kafka";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import { projections as all } from "../../../src/read-model/projections.ts";
import { ReadModel } from "../../../src/read-model/read-model.ts";
import { Retention } from "../../../src/read-model/retention.ts";
import { chunksOf, cut } from "../../harness/chunks.ts";
import { dump } from "../../harness/dump.ts";
import { randomStory } from "../../harness/random-story.ts";
import { alertOf, noonMs, Story, transactionOf } from "../../harness/story.ts";

/** Cases and the feed have bounds of their own. */
const projections = all.filter(({ name }) => !name.startsWith("feed") && !name.startsWith("case"));
const hourMs = 3_600_000;

const storyAt = (eventMs: number, ids: readonly string[]): Story => {
  const story = new Story();
  for (const id of ids) {
    const transaction = transactionOf({ id, occurredAt: new Date(eventMs).toISOString() });
    const times = { receivedAtMs: eventMs, processedAtMs: eventMs };
    const alert = alertOf("card-testing", [transaction]);
    story
      .received(transaction, times)
      .screened(transaction, times)
      .counted(transaction, times)
      .alert("card-testing", [transaction], times)
      .notified(alert, "webhook", eventMs, times)
      .late(transaction, eventMs, times);
  }
  return story;
};

const modelOf = (story: Story): ReadModel => {
  const database = new ReadModelDatabase({ folder: undefined, projections });
  const model = new ReadModel({ database, projections });
  model.apply(chunksOf(story.records));
  return model;
};

const log = createLogger({ service: "test", instance: "test", level: "silent" });

describe("retention", () => {
  it("removes what happened before its time, every row of it, and leaves what happened within", () => {
    const old = storyAt(noonMs - 3 * hourMs, ["old-1", "old-2"]);
    const kept = storyAt(noonMs - hourMs, ["kept"]);
    old.records.push(...kept.records);
    const model = modelOf(old);
    const retention = new Retention({ model, hours: 2, now: () => noonMs, log });
    while (retention.step() > 0);
    const rows = dump(model.database);
    for (const [table, texts] of Object.entries(rows)) {
      if (["positions", "totals"].includes(table)) continue;
      expect([table, texts.filter((text) => text.includes("old-"))]).toEqual([table, []]);
      if (table !== "dead_letters" && table !== "rejected") expect([table, texts.length]).toEqual([table, 1]);
    }
  });

  it("goes in steps, and ends when there is nothing left to remove", () => {
    const ids = Array.from({ length: 1_200 }, (_, i) => `t-${i}`);
    const story = new Story();
    for (const id of ids) story.received(transactionOf({ id }), { receivedAtMs: noonMs });
    const model = modelOf(story);
    const retention = new Retention({ model, hours: 1, now: () => noonMs + 2 * hourMs, log });
    const steps = [retention.step(), retention.step(), retention.step(), retention.step()];
    expect(steps).toEqual([501, 500, 200, 0]);
  });
});

/** Rows of event time before this are past retention at noon, in the tests below. */
const keptSinceMs = noonMs - 2 * hourMs;

const rebuilding = (chunks: readonly FetchedChunk[], since: number | undefined): ReadModel => {
  const database = new ReadModelDatabase({ folder: undefined, projections });
  const options = since === undefined ? {} : { keptSinceMs: since };
  const model = new ReadModel({ database, projections, ...options });
  model.begin(
    chunks.map(({ topic, partition, nextOffset }) => ({ topic, partition, start: 0, end: nextOffset })),
  );
  return model;
};

const rowsOf = (model: ReadModel, table: string): number => dump(model.database)[table]?.length ?? 0;

describe("what is past retention while the read model is built", () => {
  it("makes no rows, and moves the positions and the counts as ever", () => {
    const story = storyAt(keptSinceMs - 1, ["old-1", "old-2"]);
    story.records.push(...storyAt(keptSinceMs, ["kept"]).records);
    const chunks = chunksOf(story.records);
    const model = rebuilding(chunks, keptSinceMs);
    for (const chunk of chunks) model.apply([chunk]);
    for (const table of ["received", "screened", "notifications", "late"])
      expect([table, rowsOf(model, table)]).toEqual([table, 1]);
    expect(model.progress()).toMatchObject({ phase: "live", applied: story.records.length, percent: 100 });
    expect(model.database.get("SELECT records FROM totals WHERE topic = 'transactions.received.v1'")).toEqual(
      {
        records: 3,
      },
    );
    expect(rowsOf(model, "positions")).toBe(chunks.length);
  });

  it("ends where it would have ended if it had been applied and then removed", () => {
    fc.assert(
      fc.property(
        randomStory,
        fc.integer({ min: -10, max: 30 }),
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 1 }),
        (story, sinceMinutes, laterMinutes, cuts) => {
          const since = noonMs + sinceMinutes * 60_000;
          const pieces = chunksOf(story.records).flatMap((chunk) => cut(chunk, cuts));
          const ends = chunksOf(story.records);
          const [without, with_] = [since, undefined].map((keptSince) => {
            const model = rebuilding(ends, keptSince);
            for (const [i, chunk] of pieces.entries()) {
              model.apply([chunk]);
              // Retention takes its turns meanwhile.
              if (keptSince !== undefined && i % 3 === 2) model.expire(since, 2);
            }
            while (model.expire(since + laterMinutes * 60_000, 500) > 0);
            return dump(model.database);
          });
          expect(without).toEqual(with_);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("makes rows once the read model is live: retention is in no hurry", () => {
    const [before] = chunksOf(storyAt(noonMs, ["kept"]).records);
    if (before === undefined) throw new Error("there is a chunk");
    const model = rebuilding([before], keptSinceMs);
    model.apply([before]);
    const [after] = chunksOf([
      ...storyAt(noonMs, ["kept"]).records.slice(0, 1),
      ...storyAt(0, ["old"]).records,
    ]);
    if (after === undefined) throw new Error("there is a chunk");
    model.apply([{ ...after, records: after.records.slice(1) }]);
    expect(rowsOf(model, "received")).toBe(2);
  });

  it.each([
    [0, 1],
    [1, 0],
  ])("is, of a window, known by its end: %d ms before, %d rows", (beforeMs, rows) => {
    const end = keptSinceMs - beforeMs;
    const transaction = transactionOf({ id: "t", occurredAt: new Date(end - 1).toISOString() });
    const window = { kind: "tumbling" as const, sizeMs: 300_000, start: end - 300_000, end };
    const chunks = chunksOf(new Story().aggregate(transaction, { window, final: false }, undefined).records);
    const model = rebuilding(chunks, keptSinceMs);
    for (const chunk of chunks) model.apply([chunk]);
    expect(rowsOf(model, "windows")).toBe(rows);
  });

  it("does not leave an alert raised that was withdrawn by something older", () => {
    const at = (eventMs: number, id: string) =>
      transactionOf({ id, occurredAt: new Date(eventMs).toISOString() });
    const raised = at(noonMs, "raised-by");
    const times = { receivedAtMs: noonMs, processedAtMs: noonMs };
    const story = new Story().alert("card-testing", [raised], times);
    story.alert("card-testing", [raised], times, "withdrawn");
    const [chunk] = chunksOf(story.records);
    if (chunk === undefined) throw new Error("there is a chunk");
    const [first, second] = chunk.records;
    if (first === undefined || second === undefined) throw new Error("there are two records");
    const model = rebuilding([chunk], keptSinceMs);
    model.apply([{ ...chunk, records: [first, { ...second, timestampMs: keptSinceMs - 1 }] }]);
    expect(model.database.all("SELECT status FROM alerts")).toEqual([{ status: "withdrawn" }]);
  });

  it("of an earlier process is removed while the read model is built", () => {
    const old = chunksOf(storyAt(keptSinceMs - 1, ["old"]).records);
    const model = rebuilding(old, undefined);
    for (const chunk of old) model.apply([chunk]);
    const later = rebuildingOn(model, old);
    expect(later.progress().phase).toBe("rebuilding");
    const turns: (() => void)[] = [];
    const retention = new Retention({
      model: later,
      hours: 2,
      now: () => noonMs,
      log,
      later: (act) => {
        turns.push(act);
        return () => {};
      },
    });
    retention.start();
    for (let n = 0; n < 5; n++) turns.shift()?.();
    expect(rowsOf(later, "received")).toBe(0);
  });
});

/** The model that a next process has of the same rows, behind by one record in each partition. */
const rebuildingOn = ({ database }: ReadModel, chunks: readonly FetchedChunk[]): ReadModel => {
  const model = new ReadModel({ database, projections, keptSinceMs });
  model.begin(
    chunks.map(({ topic, partition, nextOffset }) => ({ topic, partition, start: 0, end: nextOffset + 1 })),
  );
  return model;
};
