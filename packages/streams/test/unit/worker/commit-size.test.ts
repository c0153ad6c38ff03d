// A bug here has a worker try a commit that can never fit its time-out for ever, or go on in steps that are needlessly small.

import { describe, expect, it } from "vitest";
import { FencedError } from "../../../src/errors.ts";
import { CommitSize } from "../../../src/worker/commit-size.ts";

const timeoutMs = 10_000;
const commitRecordsMax = 1_000;

class Bench {
  nowMs = 0;
  readonly told: string[] = [];
  readonly size = new CommitSize(
    { transactionTimeoutMs: timeoutMs },
    { commitRecordsMax, now: () => this.nowMs },
    { log: (_, details) => void this.told.push(JSON.stringify(details)) },
  );

  /** The number of outputs at which a commit is due. */
  get limit(): number {
    let limit = 0;
    while (!this.size.isReachedBy([{ pending: limit }])) limit++;
    return limit;
  }

  stands(records: number): Promise<unknown> {
    return this.size.follow(Promise.resolve(new Map()), records, this.nowMs);
  }

  async fails(records: number, tookMs: number): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const followed = this.size.follow(promise, records, this.nowMs);
    this.nowMs += tookMs;
    reject(new FencedError("INVALID_PRODUCER_EPOCH"));
    await expect(followed).rejects.toThrow("INVALID_PRODUCER_EPOCH");
  }
}

describe("the outputs at which a commit is due", () => {
  it("are those of all tasks together, and as many as were asked for at first", () => {
    const { size } = new Bench();
    expect(size.isReachedBy([{ pending: 600 }, { pending: 399 }])).toBe(false);
    expect(size.isReachedBy([{ pending: 600 }, { pending: 400 }])).toBe(true);
  });

  it("are half of what a commit held that outlasted the time-out, or half of what it might have held", async () => {
    const bench = new Bench();
    await bench.fails(300, timeoutMs);
    expect(bench.limit).toBe(150);
    // One chunk may hold more than a commit waits for.
    await bench.fails(5_000, timeoutMs);
    expect(bench.limit).toBe(75);
    expect(bench.told).toEqual([
      '{"transactionTimeoutMs":10000,"tookMs":10000,"records":300,"nextRecordsMax":150}',
      '{"transactionTimeoutMs":10000,"tookMs":10000,"records":5000,"nextRecordsMax":75}',
    ]);
  });

  it("never fall below one", async () => {
    const bench = new Bench();
    for (let i = 0; i < 20; i++) await bench.fails(300, timeoutMs);
    expect(bench.limit).toBe(1);
  });

  it("stay after a failure within the time-out, which says nothing about the size", async () => {
    const bench = new Bench();
    await bench.fails(300, timeoutMs - 1);
    expect([bench.limit, bench.told]).toEqual([commitRecordsMax, []]);
  });

  it("grow by a quarter with each commit that stands, and no further than was asked for", async () => {
    const bench = new Bench();
    await bench.fails(8, timeoutMs);
    const limits: number[] = [];
    for (let i = 0; i < 30; i++) {
      await bench.stands(1);
      limits.push(bench.limit);
    }
    expect(limits.slice(0, 4)).toEqual([5, 7, 9, 12]);
    expect(limits.at(-1)).toBe(commitRecordsMax);
  });

  it("do not change where nothing ends a transaction", async () => {
    const size = new CommitSize({}, { commitRecordsMax: 4, now: () => 0 }, {});
    await expect(size.follow(Promise.reject(new Error("no answer")), 9, 0)).rejects.toThrow("no answer");
    expect([size.isReachedBy([{ pending: 3 }]), size.isReachedBy([{ pending: 4 }])]).toEqual([false, true]);
  });
});
