// A bug here believes a copy that is not of this changelog, or so old that a removed key rises from the dead.

import { describe, expect, it } from "vitest";
import {
  type Checkpoint,
  type CopiedStore,
  checkpointFormat,
  doubtOf,
  readCheckpoint,
  writeCheckpoint,
} from "../../../src/state/checkpoint.ts";
import { copiedStore, facts } from "./store-rigs.ts";

const now = 1_000_000_000;
const good: Checkpoint = {
  format: checkpointFormat,
  clusterId: "cluster",
  coveredAtMs: now,
  stores: { s: { offset: 50, topicId: "topic", fingerprint: "json" } },
};

const ofStore = (more: Partial<Checkpoint["stores"][string]>): Checkpoint => ({
  ...good,
  stores: { s: { offset: 50, topicId: "topic", fingerprint: "json", ...more } },
});

const withFacts = (more: Partial<CopiedStore["facts"]>): CopiedStore[] => [
  copiedStore("s", { facts: { ...facts, endOffset: 100, ...more } }),
];

describe("a checkpoint", () => {
  it("of this changelog is believed", () => {
    expect(doubtOf(good, withFacts({}), now)).toBeUndefined();
  });

  it.each([
    ["other-format", { ...good, format: checkpointFormat + 1 }],
    ["other-cluster", { ...good, clusterId: "another" }],
    ["other-topic", ofStore({ topicId: "another" })],
    ["other-serde", ofStore({ fingerprint: "binary/1 00000000" })],
    ["other-stores", { ...good, stores: {} }],
    [
      "other-stores",
      { ...good, stores: { ...good.stores, more: { offset: 1, topicId: "t", fingerprint: "" } } },
    ],
  ])("is doubted as %s", (doubt, checkpoint) => {
    expect(doubtOf(checkpoint, withFacts({}), now)).toBe(doubt);
  });

  it("boundary: an offset at the start or at the end of the log is in it, one beyond is not", () => {
    const doubts = [9, 10, 100, 101].map((offset) =>
      doubtOf(ofStore({ offset }), withFacts({ startOffset: 10 }), now),
    );
    expect(doubts).toEqual(["offset-out-of-range", undefined, undefined, "offset-out-of-range"]);
  });

  it("boundary: at half of delete.retention.ms it is believed, one millisecond later it is too old", () => {
    const at = (ageMs: number) => doubtOf(good, withFacts({ deleteRetentionMs: 2_000 }), now + ageMs);
    expect([at(1_000), at(1_001)]).toEqual([undefined, "too-old"]);
  });

  it("boundary: a clock that went back by a minute is forgiven, by more is not", () => {
    const at = (backMs: number) => doubtOf(good, withFacts({}), now - backMs);
    expect([at(60_000), at(60_001)]).toEqual([undefined, "in-future"]);
  });

  it("is doubted when one store of several is", () => {
    const stores = [copiedStore("s"), copiedStore("t", { facts: { ...facts, topicId: "made again" } })];
    const both = {
      ...good,
      stores: { ...good.stores, t: { offset: 1, topicId: "topic", fingerprint: "json" } },
    };
    expect(doubtOf(both, stores, now)).toBe("other-topic");
  });

  it("is read as it was written", () => {
    expect(readCheckpoint(writeCheckpoint(good))).toEqual(good);
  });

  it.each(["", "{", "null", "[]", "{}", '{"format":1,"clusterId":"c","coveredAtMs":1,"stores":{"s":{}}}'])(
    "is not read from %j",
    (text) => {
      expect(readCheckpoint(text)).toBeUndefined();
    },
  );
});
