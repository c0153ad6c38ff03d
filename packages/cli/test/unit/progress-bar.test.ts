// A bug here writes progress into a file or a program's input, or says that work is done which is not.

import fc from "fast-check";
import { expect, it } from "vitest";
import { ProgressBar, progressLine } from "../../src/terminal/progress-bar.ts";
import { silentTerminal } from "../harness/recorded-terminal.ts";

it.each([
  [0, 10, 0, "send  [····················]  0 %  0 of 10"],
  [5, 10, 1_000, "send  [##########··········]  50 %  5 of 10"],
  [5, 10, 4_000, "send  [##########··········]  50 %  5 of 10  4 s left"],
  [10, 10, 4_000, "send  [####################]  100 %  10 of 10"],
  [999, 1_000, 0, "send  [####################]  99 %  999 of 1,000"],
  [1_234, undefined, 0, "send  1,234"],
  [0, 0, 0, "send  [####################]  100 %  0 of 0"],
])("%i of %s after %i ms: %s", (done, of, elapsedMs, line) => {
  expect(progressLine("send", done, of, elapsedMs)).toBe(line);
});

it("never says 100 % before the end", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.nat(), (of, some) => {
      const done = some % of;
      expect(progressLine("x", done, of, 0)).not.toContain("100 %");
    }),
  );
});

it("is drawn where somebody watches, and taken away at the end", () => {
  const shown: (string | undefined)[] = [];
  const terminal = { ...silentTerminal, progress: (line: string | undefined) => void shown.push(line) };
  const unwatched = new ProgressBar(terminal, "x");
  unwatched.update(1, 2);
  expect(shown).toEqual([]);
  const watched = new ProgressBar({ ...terminal, isWatched: true }, "x");
  watched.update(1, 2);
  watched.update(2, 2);
  watched.end();
  expect(shown.map((line) => line?.includes("%"))).toEqual([true, true, undefined]);
});
