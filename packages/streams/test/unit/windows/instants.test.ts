// A bug here makes a running figure depend on how its records happen to lie in chunks.

import fc from "fast-check";
import { expect, it } from "vitest";
import { type Chunk, Instants, nextAfter } from "../../../src/windows/instants.ts";
import { type Totals, totals } from "../../../src/windows/totals.ts";
import { foldAll, spending, value } from "./naive-windows.ts";

const merge = (into: Totals, more: Totals): Totals => spending.merge?.(into, more) ?? into;

it("any interval of any instants is their own sum, whatever was dropped and wherever they were added", () => {
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.record({ atMs: fc.integer({ min: 0, max: 2_000 }), value: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.record({ dropMs: fc.integer({ min: 0, max: 1_500 }) }) },
  );
  const steps = fc.array(step, { minLength: 200, maxLength: 900, size: "max" });
  fc.assert(
    fc.property(
      steps,
      fc.array(fc.tuple(fc.nat(2_000), fc.nat(2_000)), { minLength: 5, maxLength: 5 }),
      (all, windows) => {
        const instants = new Instants(spending, merge);
        const chunks: Chunk<Totals>[] = [];
        let kept: { atMs: number; value: number }[] = [];
        for (const one of all) {
          if ("dropMs" in one) {
            instants.dropUpTo(chunks, one.dropMs, []);
            kept = kept.filter(({ atMs }) => atMs > one.dropMs);
          } else {
            instants.add(chunks, one.atMs, one.value);
            kept.push(one);
          }
        }
        for (const [a, b] of windows) {
          const window = { startMs: Math.min(a, b), endMs: Math.max(a, b) + 1 };
          const inside = kept.filter(({ atMs }) => atMs >= window.startMs && atMs < window.endMs);
          const expected =
            inside.length === 0
              ? undefined
              : foldAll(
                  spending,
                  inside.map((one) => one.value),
                );
          expect(instants.within(chunks, window)).toEqual(expected);
          const next = kept.map(({ atMs }) => atMs).filter((atMs) => atMs > a);
          expect(nextAfter(chunks, a)?.atMs).toBe(next.length === 0 ? undefined : Math.min(...next));
        }
      },
    ),
    { numRuns: 60 },
  );
});

it("an interval reads one sum for each chunk it covers, not every record", () => {
  let merges = 0;
  const counting = { ...totals(value), merge: undefined };
  const instants = new Instants({ ...counting, merge }, (into: Totals, more: Totals) => {
    merges++;
    return merge(into, more);
  });
  const chunks: Chunk<Totals>[] = [];
  for (let t = 0; t < 64_000; t++) instants.add(chunks, t, 1);
  merges = 0;
  expect(instants.within(chunks, { startMs: 30, endMs: 63_990 })?.count).toBe(63_960);
  expect(merges).toBeLessThanOrEqual(1_000 + 128);
});
