// A bug here shows a service that is stuck as up to date, or one that is idle as late: it is scaled, or paged for, in vain.

import { beforeEach, describe, expect, it } from "vitest";
import type { FetchedChunk, RecordSource, TopicPartition } from "../../../src/kafka/ports.ts";
import { InputWatch } from "../../../src/worker/input-watch.ts";
import { countByTopic } from "../../../src/worker/record-counts.ts";
import { rawRecord } from "../../harness/records.ts";

const input = { topic: "in", partition: 3 };

/** A source that gives what it was told to, and knows the ends that it was told. */
class HandedSource implements RecordSource {
  readonly chunks: FetchedChunk[] = [];
  end: number | undefined;
  taken = 0;
  ready = false;
  assign(_partition: TopicPartition, offset: number): void {
    this.taken = offset;
  }
  unassign(): void {
    this.end = undefined;
  }
  async next(): Promise<FetchedChunk | undefined> {
    const chunk = this.chunks.shift();
    if (chunk !== undefined) this.taken = chunk.nextOffset;
    return chunk;
  }
  lag(): number | undefined {
    return this.end === undefined ? undefined : this.end - this.taken;
  }
  undecided(): number {
    return 2;
  }
  coveredAtMs(): number | undefined {
    return undefined;
  }
}

let nowMs: number;
let source: HandedSource;
let watch: InputWatch;

beforeEach(() => {
  nowMs = 10_000;
  source = new HandedSource();
  watch = new InputWatch(source, () => nowMs);
  watch.assign(input, 100);
});

/** Records that came in at these times, from an offset on; `undefined` for one that does not say. */
const chunk = (from: number, ...receivedAtMs: (number | undefined)[]): FetchedChunk => ({
  ...input,
  records: receivedAtMs.map((ms, i) =>
    rawRecord(from + i, "k", "v", {
      headers:
        ms === undefined
          ? []
          : [
              ["schema", null],
              ["received-at", Buffer.from(String(ms))],
            ],
    }),
  ),
  nextOffset: from + receivedAtMs.length,
  bytes: 1,
});

const figures = () => watch.figures()[0];

describe("the age of a partition", () => {
  it("is 0 exactly while nothing waits, however old its last record is", async () => {
    source.end = 102;
    source.chunks.push(chunk(100, 9_000, 9_001));
    await watch.next(0);
    await watch.next(0);
    nowMs = 99_000_000;
    expect(figures()).toEqual({ ...input, position: 102, records: 0, undecided: 2, ageMs: 0 });
  });

  it("counts from the newest processed record while others wait", async () => {
    source.end = 110;
    source.chunks.push(chunk(100, 4_000, 5_000));
    await watch.next(0);
    await watch.next(0);
    expect(figures()).toMatchObject({ position: 102, records: 8, ageMs: 5_000 });
    nowMs = 12_000;
    expect(figures()?.ageMs).toBe(7_000);
  });

  it("counts from the takeover before the first record was processed, and while it is not known what waits", () => {
    nowMs = 13_000;
    expect(figures()).toMatchObject({ position: 100, records: undefined, ageMs: 3_000 });
    source.end = 500;
    nowMs = 14_000;
    expect(figures()).toMatchObject({ records: 400, ageMs: 4_000 });
  });

  it("does not count a pause in the input: the first record after it is as old as the last look that found none", async () => {
    source.end = 101;
    source.chunks.push(chunk(100, 9_000));
    await watch.next(0);
    nowMs = 3_600_000;
    await watch.next(200);
    source.end = 102;
    nowMs += 40;
    expect(figures()).toMatchObject({ records: 1, ageMs: 40 });
  });

  it("counts what the worker has in hand as waiting, so a handler that hangs is seen", async () => {
    source.end = 102;
    source.chunks.push(chunk(100, 9_900, 9_901));
    await watch.next(0);
    nowMs = 70_000;
    expect(figures()).toMatchObject({ position: 100, records: 2, ageMs: 60_000 });
    await watch.next(0);
    expect(figures()).toMatchObject({ position: 102, records: 0, ageMs: 0 });
  });

  it("goes on after an error that sent the worker back, and begins anew where another had the partition", async () => {
    source.end = 200;
    source.chunks.push(chunk(100, 6_000));
    await watch.next(0);
    await watch.next(0);
    watch.release(input.partition);
    expect(watch.figures()).toEqual([]);
    nowMs = 20_000;
    watch.assign(input, 100);
    expect(figures()?.ageMs).toBe(14_000);
    watch.unassign(input);
    watch.assign(input, 150);
    expect(figures()?.ageMs).toBe(0);
    nowMs = 21_000;
    expect(figures()?.ageMs).toBe(1_000);
  });

  it("is never below 0, though ingest's clock is ahead", async () => {
    source.end = 200;
    source.chunks.push(chunk(100, 10_500));
    await watch.next(0);
    await watch.next(0);
    expect(figures()?.ageMs).toBe(0);
  });

  it("counts from the processing of records that do not say when they came in", async () => {
    source.end = 200;
    source.chunks.push(chunk(100, undefined), chunk(101, 9_990, undefined));
    await watch.next(0);
    nowMs = 10_100;
    await watch.next(0);
    nowMs = 10_250;
    expect(figures()?.ageMs).toBe(150);
    source.taken = 102;
    await watch.next(0);
    expect(figures()?.ageMs).toBe(150);
  });
});

describe("the oldest record since the last commit", () => {
  it("is told once, over all chunks", async () => {
    source.chunks.push(chunk(100, 7_000, 7_500), chunk(102, 8_000));
    await watch.next(0);
    await watch.next(0);
    expect(watch.takeOldestMs()).toBe(7_000);
    expect(watch.takeOldestMs()).toBeUndefined();
  });

  it("is forgotten with what an error dropped", async () => {
    source.chunks.push(chunk(100, 7_000));
    await watch.next(0);
    watch.release(input.partition);
    watch.assign(input, 100);
    expect(watch.takeOldestMs()).toBeUndefined();
  });
});

it("a partition number is caught up when no topic of it has anything left", () => {
  expect(watch.caughtUp(3)).toBe(false);
  source.end = 100;
  expect(watch.caughtUp(3)).toBe(true);
  source.end = 101;
  expect(watch.caughtUp(3)).toBe(false);
});

it("records are counted by topic, also where those of one do not stand together", () => {
  const to = (topic: string) => ({
    topic,
    partition: 0,
    key: null,
    value: null,
    timestampMs: 0,
    headers: [],
  });
  expect(countByTopic([])).toEqual(new Map());
  expect(countByTopic(["a", "a", "b", "a"].map(to))).toEqual(
    new Map([
      ["a", 3],
      ["b", 1],
    ]),
  );
});
