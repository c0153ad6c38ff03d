// A bug here looks like a rehearsal that says the console works, and its passport is empty.

import { expect, it } from "vitest";
import { missingIn } from "../../../rehearsals/console-check.ts";

const whole = {
  status: "screened",
  hops: [{ stage: "received" }, { stage: "screened" }, { stage: "counted" }],
  alerts: [{ id: "alert-1" }],
};

it("a passport that tells the whole way to the alert misses nothing", () => {
  expect(missingIn(whole, "alert-1")).toEqual([]);
});

it.each([
  ["its first hop", { ...whole, hops: whole.hops.slice(1) }, "no hop received"],
  ["its screening", { ...whole, status: "received" }, "its status is received"],
  ["the alert", { ...whole, alerts: [{ id: "alert-2" }] }, "its alert alert-1 is not in it"],
])("a passport without %s is not whole", (_what, passport, expected) => {
  expect(missingIn(passport, "alert-1")).toEqual([expected]);
});
