// A bug here makes a running figure depend on how its records happen to lie in the tree, or read all of them.

import fc from "fast-check";
import { expect, it } from "vitest";
import { fold } from "../../../src/windows/aggregate.ts";
import { type InstantNode, Instants, nextAfter } from "../../../src/windows/instants.ts";
import { type Totals, totals } from "../../../src/windows/totals.ts";
import type { Window } from "../../../src/windows/window.ts";
import { foldAll, spending, value } from "./naive-windows.ts";

const merge = (into: Totals, more: Totals): Totals => spending.merge?.(into, more) ?? into;

/** Adds and drops, most of them near the end, as records come; now and then many are dropped. */
const steps = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ stepMs: fc.nat(3), value: fc.nat(100) }) },
    { weight: 5, arbitrary: fc.record({ backMs: fc.nat(400), value: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.record({ dropBackMs: fc.nat(700) }) },
  ),
  { minLength: 200, maxLength: 900, size: "max" },
);

interface Kept {
  readonly atMs: number;
  readonly value: number;
}

const inside = (kept: readonly Kept[], { startMs, endMs }: Window): number[] =>
  kept.filter(({ atMs }) => atMs >= startMs && atMs < endMs).map((one) => one.value);

it("any interval of any instants is their own sum, whatever was dropped and wherever they were added", () => {
  const intervals = fc.array(fc.tuple(fc.nat(2_000), fc.nat(2_000)), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(steps, intervals, (all, windows) => {
      const instants = new Instants(spending, merge);
      let root: InstantNode<Totals> | null = null;
      let kept: Kept[] = [];
      let nowMs = 1_000;
      for (const one of all) {
        if ("dropBackMs" in one) {
          const upToMs = nowMs - one.dropBackMs;
          root = instants.dropUpTo(root, upToMs, []);
          kept = kept.filter(({ atMs }) => atMs > upToMs);
          continue;
        }
        if ("stepMs" in one) nowMs += one.stepMs;
        const atMs = "stepMs" in one ? nowMs : nowMs - one.backMs;
        root = instants.add(root, atMs, one.value);
        kept.push({ atMs, value: one.value });
      }
      expect(root === null).toBe(kept.length === 0);
      if (root === null) return;
      for (const [a, b] of windows) {
        const window = { startMs: nowMs - Math.max(a, b), endMs: nowMs - Math.min(a, b) + 1 };
        const values = inside(kept, window);
        const expected = values.length === 0 ? undefined : foldAll(spending, values);
        expect(instants.within(root, window)).toEqual(expected);
        const next = kept.map(({ atMs }) => atMs).filter((atMs) => atMs > nowMs - a);
        expect(nextAfter(root, nowMs - a)).toBe(next.length === 0 ? undefined : Math.min(...next));
      }
    }),
    { numRuns: 150 },
  );
});

it("what is kept of a part is what its instants come to, at every step, after JSON too", () => {
  const check = (node: InstantNode<Totals>): Kept[] => {
    const below =
      "nodes" in node
        ? node.nodes.flatMap(check)
        : node.times.map((atMs, i) => ({ atMs, value: node.accs[i]?.sum ?? 0 }));
    if (node.acc !== null) expect(node.acc.sum).toBe(below.reduce((sum, one) => sum + one.value, 0));
    if ("nodes" in node) expect([node.firstMs, node.lastMs]).toEqual([below[0]?.atMs, below.at(-1)?.atMs]);
    expect(below.length).toBeGreaterThan(0);
    return below;
  };
  fc.assert(
    fc.property(steps, (all) => {
      const instants = new Instants(spending, merge);
      let root: InstantNode<Totals> | null = null;
      let nowMs = 1_000;
      for (const [i, one] of all.entries()) {
        if ("stepMs" in one) nowMs += one.stepMs;
        if ("dropBackMs" in one) root = instants.dropUpTo(root, nowMs - one.dropBackMs, []);
        else if ("stepMs" in one) root = instants.add(root, nowMs, one.value);
        else root = instants.add(root, nowMs - one.backMs, one.value);
        if (i % 40 !== 0) continue;
        root = JSON.parse(JSON.stringify(root)) as typeof root;
        if (root !== null) check(root);
      }
      if (root !== null) check(root);
    }),
    { numRuns: 60 },
  );
});

it("parts are merged in order of time", () => {
  const letters = fold({
    initial: () => "",
    add: (text: string, letter: string) => text + letter,
    merge: (into: string, more: string) => into + more,
  });
  const instants = new Instants(letters, (into: string, more: string) => into + more);
  let root: InstantNode<string> | null = null;
  let expected = "";
  for (let t = 0; t < 2_000; t++) {
    root = instants.add(root, t, String.fromCharCode(97 + (t % 26)));
    if (t >= 37 && t < 1_999) expected += String.fromCharCode(97 + (t % 26));
  }
  expect(root && instants.within(root, { startMs: 37, endMs: 1_999 })).toBe(expected);
});

it("an interval reads some sums of each level, and not every record", () => {
  let merges = 0;
  const counted = (into: Totals, more: Totals): Totals => {
    merges++;
    return merge(into, more);
  };
  const instants = new Instants(totals(value), counted);
  let root: InstantNode<Totals> | null = null;
  for (let t = 0; t < 64_000; t++) root = instants.add(root, t, 1);
  const largest = [1, 2, 3].map((decade) => {
    merges = 0;
    const startMs = 64_000 - 64 * 10 ** decade + 7;
    const found = root && instants.within(root, { startMs, endMs: 63_991 });
    expect(found?.count).toBe(63_991 - startMs);
    return merges;
  });
  // Two leaves of 16, and two ends of at most 8 nodes on each level above: 5 levels hold 64,000.
  expect(Math.max(...largest)).toBeLessThanOrEqual(2 * 16 + 5 * 2 * 8);
  merges = 0;
  for (let t = 64_000; t < 65_000; t++) root = instants.add(root, t, 1);
  // A leaf is summed once, when it is finished, and a branch of the first level once in 128 records.
  expect(merges / 1_000).toBeLessThanOrEqual(1.25);
});
