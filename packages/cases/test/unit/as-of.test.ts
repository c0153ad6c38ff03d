// A bug here would look like this: asked what was known when a payment was let through, the console shows what came later.
import type { CaseEvent } from "@riffle/contracts";
import { expect, it } from "vitest";
import { eventsAsOf } from "../../src/as-of.ts";
import { startMs, ToldCase } from "../harness/story.ts";

const told = new ToldCase().tell([
  {
    kind: "person",
    by: "ann",
    change: { command: "comment", text: "1" },
    staleBy: 0,
    again: false,
    laterMs: 1_000,
  },
  { kind: "alert", alert: 2, status: "raised", severity: "low", laterMs: -500 },
  {
    kind: "person",
    by: "ann",
    change: { command: "comment", text: "2" },
    staleBy: 0,
    again: false,
    laterMs: 1_500,
  },
]);
const versions = (events: readonly CaseEvent[]) => events.map(({ version }) => version);

it.each([
  [-1, []],
  [0, [1]],
  [999, [1]],
  [1_000, [1, 2, 3]],
  [1_999, [1, 2, 3]],
  [2_000, [1, 2, 3, 4]],
])("%d ms after it was opened a case had the events %j", (afterMs, expected) => {
  expect(versions(eventsAsOf(told.events, { atMs: startMs + afterMs }))).toEqual(expected);
});

it.each([
  [1, [1]],
  [3, [1, 2, 3]],
  [9, [1, 2, 3, 4]],
])("at version %d a case had the events %j", (version, expected) => {
  expect(versions(eventsAsOf(told.events, { version }))).toEqual(expected);
});
