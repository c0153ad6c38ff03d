// A bug here looks like a passport that tells half of what happened, or a ledger that has a gap after a crash though
// nothing is missing: records applied twice, or never, or rows that depend on how the records came in pieces.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FetchedChunk } from "@riffle/streams/kafka";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import type { Projection } from "../../../src/read-model/projection.ts";
import { projections as all } from "../../../src/read-model/projections.ts";
import { ReadModel } from "../../../src/read-model/read-model.ts";
import { chunksOf, cut } from "../../harness/chunks.ts";
import { dump } from "../../harness/dump.ts";
import { naiveRows } from "../../harness/naive-model.ts";
import { randomStory } from "../../harness/random-story.ts";
import { noonMs, Story, transactionOf } from "../../harness/story.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "riffle-read-model-"));
  folders.push(folder);
  return folder;
};

/** The journal of the feed is the order of arrival itself; all other rows do not depend on it. */
const projections = all.filter(({ name }) => !name.startsWith("feed"));

const rangesOf = (chunks: readonly FetchedChunk[]) =>
  chunks.map(({ topic, partition, nextOffset }) => ({ topic, partition, start: 0, end: nextOffset }));

const modelIn = (folder: string | undefined, own: readonly Projection[] = projections) => {
  const database = new ReadModelDatabase({ folder, projections: own });
  return { database, model: new ReadModel({ database, projections: own }) };
};

const applied = (chunks: readonly FetchedChunk[]) => {
  const { database, model } = modelIn(undefined);
  model.begin(rangesOf(chunks));
  for (const chunk of chunks) model.apply([chunk]);
  const rows = dump(database);
  database.close();
  return rows;
};

/** The pieces of several chunks, dealt out in any order that keeps the order within each of them. */
const shuffled = (pieces: readonly FetchedChunk[][], turns: readonly number[]): FetchedChunk[] => {
  const left = pieces.map((own) => [...own]);
  const order: FetchedChunk[] = [];
  for (let i = 0; left.some((own) => own.length > 0); i++) {
    const waiting = left.filter((own) => own.length > 0);
    const next = waiting[(turns[i % Math.max(1, turns.length)] ?? 0) % waiting.length]?.shift();
    if (next !== undefined) order.push(next);
  }
  return order;
};

describe("the rows", () => {
  it("are those that a naive reading of all records gives", () => {
    fc.assert(
      fc.property(randomStory, (story) => {
        const chunks = chunksOf(story.records);
        expect(applied(chunks)).toMatchObject(naiveRows(chunks));
      }),
      { numRuns: 30 },
    );
  });

  it("are the same however the records come in pieces, in whatever order of partitions, whenever the process is killed", () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 });
    const turns = fc.array(fc.nat({ max: 30 }), { maxLength: 40 });
    const kills = fc.uniqueArray(fc.nat({ max: 30 }), { maxLength: 3 });
    fc.assert(
      fc.property(
        randomStory,
        cuts,
        turns,
        kills,
        fc.integer({ min: 1, max: 5 }),
        (story, at, dealt, dies, width) => {
          const chunks = chunksOf(story.records);
          const order = shuffled(
            chunks.map((chunk) => cut(chunk, at)),
            dealt,
          );
          expect(appliedWithKills(order, new Set(dies), width)).toEqual(applied(chunks));
        },
      ),
      { numRuns: 15 },
    );
  });
});

/** Applies `width` chunks at a time; before the batches in `dies` the process is killed within the transaction. */
const appliedWithKills = (order: readonly FetchedChunk[], dies: ReadonlySet<number>, width: number) => {
  const folder = temporaryFolder();
  let dying = false;
  const death: Projection = {
    name: "death",
    topics: [...new Set(projections.flatMap(({ topics }) => topics))],
    schema: "",
    apply: () => {
      if (dying) throw new Error("killed");
    },
  };
  let { database, model } = modelIn(folder, [...projections, death]);
  for (let batch = 0; batch * width < order.length; batch++) {
    const chunks = order.slice(batch * width, (batch + 1) * width);
    if (dies.has(batch) && chunks.some(({ records }) => records.length > 0)) {
      dying = true;
      expect(() => model.apply(chunks)).toThrow("killed");
      dying = false;
      database.close();
      ({ database, model } = modelIn(folder, [...projections, death]));
      expect(database.made).toBe("found");
    }
    model.apply(chunks);
  }
  const rows = dump(database);
  database.close();
  return rows;
};

const twoTransactions = (): FetchedChunk[] =>
  chunksOf(
    new Story()
      .received(transactionOf({ id: "a" }), { receivedAtMs: noonMs })
      .received(transactionOf({ id: "b" }), { receivedAtMs: noonMs })
      .screened(transactionOf({ id: "a" }), { receivedAtMs: noonMs, processedAtMs: noonMs + 3 }).records,
  );

describe("a chunk", () => {
  it("that begins before what was applied is refused, and changes nothing", () => {
    const chunks = twoTransactions();
    const { database, model } = modelIn(undefined);
    model.apply(chunks);
    const before = dump(database);
    expect(() => model.apply(chunks.slice(0, 1))).toThrow(/begins at offset 0, and 2 is next/);
    expect(dump(database)).toEqual(before);
  });

  it("of markers alone moves the position, and tells nobody", () => {
    const { database, model } = modelIn(undefined);
    let told = 0;
    model.onApplied(() => told++);
    model.apply([{ topic: "transactions.received.v1", partition: 0, records: [], nextOffset: 7, bytes: 0 }]);
    expect(database.positions()).toEqual([{ topic: "transactions.received.v1", partition: 0, offset: 7 }]);
    expect(told).toBe(0);
  });
});

describe("progress", () => {
  it("counts what the topics held at the start, and is live when all of it is applied", () => {
    const chunks = twoTransactions();
    const { model } = modelIn(undefined);
    model.begin(rangesOf(chunks));
    expect(model.progress()).toMatchObject({ phase: "rebuilding", percent: 0, total: 3, lagRecords: 3 });
    model.apply(chunks.slice(0, 1), 1);
    expect(model.progress()).toMatchObject({ phase: "rebuilding", percent: 66.6, applied: 2, lagRecords: 1 });
    model.apply(chunks.slice(1), 0);
    expect(model.progress()).toMatchObject({ phase: "live", percent: 100, applied: 3, lagRecords: 0 });
  });

  it("is live at once when nothing is to be read, and stays so when it begins again behind", () => {
    const chunks = twoTransactions();
    const { model } = modelIn(undefined);
    model.begin(rangesOf(chunks).map((range) => ({ ...range, end: 0 })));
    expect(model.progress().phase).toBe("live");
    model.begin(rangesOf(chunks));
    expect(model.progress()).toMatchObject({ phase: "live", percent: 100, lagRecords: 3 });
  });

  it("goes on from the beginning of a log that no longer holds what comes next", () => {
    const { model } = modelIn(undefined);
    model.apply(twoTransactions());
    const [range] = model.begin([{ topic: "transactions.received.v1", partition: 2, start: 40, end: 50 }]);
    expect(range).toMatchObject({ start: 40, end: 50 });
  });
});

describe("a log that ends before what was applied of it", () => {
  it("is refused by name, and the file is thrown away at the next start", () => {
    const folder = temporaryFolder();
    const { database, model } = modelIn(folder);
    const [chunk] = twoTransactions();
    if (chunk === undefined) throw new Error("there is a chunk");
    model.apply([chunk]);
    const { topic, partition } = chunk;
    expect(() => model.begin([{ topic, partition, start: 0, end: 1 }])).toThrow(
      /the log ends at 1, and everything below 2/,
    );
    database.disown();
    database.close();
    const next = modelIn(folder).database;
    expect([next.made, next.positions()]).toEqual(["source-changed", []]);
    next.close();
  });
});

describe("the database", () => {
  it("is found again with its epoch, and thrown away when the schema or the topics are others", () => {
    const folder = temporaryFolder();
    const open = (options: { readonly source?: string; readonly own?: readonly Projection[] } = {}) => {
      const database = new ReadModelDatabase({
        folder,
        projections: options.own ?? projections,
        source: options.source ?? "cluster-1",
      });
      const { epoch, made } = database;
      const positions = database.positions().length;
      database.transaction(() => database.setPosition({ topic: "t", partition: 0, offset: 1 }));
      database.close();
      return { epoch, made, positions };
    };
    const first = open();
    expect(first).toMatchObject({ made: "new", positions: 0 });
    expect(open()).toEqual({ epoch: first.epoch, made: "found", positions: 1 });
    const moved = open({ source: "cluster-2" });
    expect(moved).toMatchObject({ made: "source-changed", positions: 0 });
    expect(moved.epoch).not.toBe(first.epoch);
    expect(open({ source: "cluster-2", own: projections.slice(1) })).toMatchObject({
      made: "schema-changed",
    });
  });
});
