// A bug here lets one sender take everybody's share, or refuses who kept to the limit.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBuckets } from "../../../src/access/token-buckets.ts";

const limit = { perSecond: 10, burst: 5 };

describe("a bucket", () => {
  it("grants the burst, then one every 100 ms, and says how long to wait", () => {
    const buckets = new TokenBuckets();
    expect(Array.from({ length: 6 }, () => buckets.take("a", limit, 0))).toEqual([0, 0, 0, 0, 0, 100]);
    expect(buckets.take("a", limit, 99)).toBe(1);
    expect(buckets.take("a", limit, 100)).toBe(0);
    expect(buckets.take("b", limit, 100)).toBe(0);
  });

  it("is as if it had not been asked where a token is given back, and never fuller than full", () => {
    const buckets = new TokenBuckets();
    for (let n = 0; n < 5; n++) buckets.take("a", limit, 0);
    buckets.giveBack("a", limit);
    expect([buckets.take("a", limit, 0), buckets.take("a", limit, 0)]).toEqual([0, 100]);
    for (let n = 0; n < 9; n++) buckets.giveBack("a", limit);
    buckets.giveBack("nobody", limit);
    expect(Array.from({ length: 6 }, () => buckets.take("a", limit, 0))).toEqual([0, 0, 0, 0, 0, 100]);
  });

  it("never grants more than burst and rate allow in any span, and all that a patient sender asks for", () => {
    const asks = fc.array(fc.integer({ min: -200, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(asks, (steps) => {
        const buckets = new TokenBuckets();
        const granted: number[] = [];
        let nowMs = 1_000;
        let latestMs = Number.NEGATIVE_INFINITY;
        for (const step of steps) {
          nowMs += step;
          latestMs = Math.max(latestMs, nowMs);
          if (buckets.take("a", limit, nowMs) === 0) granted.push(latestMs);
        }
        for (const [i, from] of granted.entries()) {
          for (const [j, to] of granted.entries()) {
            if (j < i) continue;
            expect(j - i + 1).toBeLessThanOrEqual(
              limit.burst + ((to - from) * limit.perSecond) / 1_000 + 1e-6,
            );
          }
        }
      }),
    );
    const patient = new TokenBuckets();
    for (let n = 0; n < 100; n++) expect(patient.take("a", limit, n * 100)).toBe(0);
  });

  it("remembers 10,000 senders, and forgets first who has not asked for longest", () => {
    const buckets = new TokenBuckets();
    const one = { perSecond: 1, burst: 1 };
    for (let n = 0; n < 10_000; n++) buckets.take(`s-${n}`, one, 0);
    expect(buckets.take("s-0", one, 0)).toBeGreaterThan(0);
    buckets.take("s-10000", one, 0);
    expect(buckets.take("s-0", one, 0)).toBeGreaterThan(0);
    expect(buckets.take("s-1", one, 0)).toBe(0);
  });
});
