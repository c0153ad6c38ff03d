// A bug here hands a task a state that a restore would not give: a record short, of another changelog, or one from which a
// removed key was never removed.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonSerde } from "../../../src/state/serde.ts";
import { keyValueStore } from "../../../src/state/store.ts";
import type { RawRecord } from "../../../src/worker/record.ts";
import { WarmCopy } from "../../../src/worker/warm-copy.ts";
import { facts, startMs } from "../state/store-rigs.ts";

const [first, second] = [keyValueStore<number>("first"), keyValueStore<number>("second")];
const factsOf = (more = {}) =>
  new Map([first, second].map(({ name }) => [name, { ...facts, ...more }] as const));

const warmCopy = (): WarmCopy =>
  new WarmCopy({ partition: 0, specs: [first, second], facts: factsOf(), copy: undefined, nowMs: startMs });

const record = (offset: number, key: string, value: number | null): RawRecord => ({
  offset,
  key: Buffer.from(key),
  value: value === null ? null : jsonSerde<number>().serialize(value),
  timestampMs: 0,
  headers: [],
});

const halfMs = facts.deleteRetentionMs / 2;

describe("a warm copy", () => {
  it("holds what the log comes to, whatever the chunks it is read in", () => {
    const logs = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.option(fc.nat(9))), { maxLength: 30 });
    fc.assert(
      fc.property(logs, fc.integer({ min: 1, max: 7 }), (log, chunk) => {
        const warm = warmCopy();
        const expected = new Map<string, number>();
        for (let from = 0; from < log.length; from += chunk) {
          const part = log.slice(from, from + chunk);
          const records = part.map(([key, value], i) => record(from + i, key, value));
          warm.apply("first", records, from + part.length);
        }
        for (const [key, value] of log)
          if (value === null) expected.delete(key);
          else expected.set(key, value);
        expect(new Map(warm.held.get("first")?.entries())).toEqual(expected);
        expect([warm.offset("first"), warm.offset("second")]).toEqual([log.length, 0]);
        expect(warm.figures().map(({ entries }) => entries)).toEqual([expected.size, 0]);
      }),
    );
  });

  it("is as old as the store of it that was not heard of for longest; boundary: half of delete.retention.ms", () => {
    const warm = warmCopy();
    warm.cover("first", startMs + 1_000);
    expect(warm.isTooOld(startMs + halfMs)).toBe(false);
    expect(warm.isTooOld(startMs + halfMs + 1)).toBe(true);
    warm.cover("second", startMs + 1_000);
    expect(warm.isTooOld(startMs + halfMs + 1_000)).toBe(false);
    expect(warm.isTooOld(startMs + halfMs + 1_001)).toBe(true);
    warm.cover("second", startMs);
    expect(warm.isTooOld(startMs + halfMs + 1_000)).toBe(false);
  });

  it("is doubted like a copy on disk: of another topic or cluster, out of the log's range, too old", () => {
    const warm = warmCopy();
    warm.apply("first", [record(7, "a", 1)], 8);
    const doubtOf = (more = {}, atMs = startMs) => warm.doubt(factsOf(more), atMs);
    expect(doubtOf()).toBeUndefined();
    expect(doubtOf({ topicId: "another" })).toBe("other-topic");
    expect(doubtOf({ clusterId: "another" })).toBe("other-cluster");
    expect(doubtOf({ endOffset: 8 })).toBeUndefined();
    expect(doubtOf({ endOffset: 7 })).toBe("offset-out-of-range");
    expect(doubtOf({}, startMs + halfMs)).toBeUndefined();
    expect(doubtOf({}, startMs + halfMs + 1)).toBe("too-old");
  });

  it("cannot be kept where tombstones are, or may be, dropped at once", () => {
    const keptAt = (deleteRetentionMs: number): boolean => {
      const facts = factsOf({ deleteRetentionMs });
      return new WarmCopy({ partition: 0, specs: [first], facts, copy: undefined, nowMs: startMs }).canBeKept;
    };
    expect([keptAt(0), keptAt(119_999), keptAt(120_000)]).toEqual([false, false, true]);
  });

  it("counts the bytes of its entries by the mean of what it read", () => {
    const warm = warmCopy();
    warm.apply("first", [record(0, "aa", 10), record(1, "bb", 20), record(2, "aa", null)], 3);
    expect(warm.figures()[0]).toEqual({ store: "first", entries: 1, bytes: 4 });
  });
});
