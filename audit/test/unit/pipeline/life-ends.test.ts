// A bug here takes a service that the system killed for want of memory for one that the audit killed.

import { beforeEach, expect, it } from "vitest";
import { LifeEnds, strangersKill } from "../../../pipeline/life-ends.ts";

let ends: LifeEnds;

beforeEach(() => {
  ends = new LifeEnds();
  ends.begin("filter-0", undefined);
});

const killed = (): string | undefined => {
  ends.end("filter-0", null, "SIGKILL");
  return ends.lastOf("filter-0");
};

it("a SIGKILL is ours in the life that it was sent to, and in no other", () => {
  expect(killed()).toBe(strangersKill);
  ends.begin("filter-0", undefined);
  ends.kill("filter-1");
  expect(killed()).toBe(strangersKill);
  ends.begin("filter-0", "");
  ends.kill("filter-0");
  expect(killed()).toBe("SIGKILL");
  ends.begin("filter-0", undefined);
  expect(killed()).toBe(strangersKill);
  expect(ends.counts).toEqual({ SIGKILL: 1, [strangersKill]: 3 });
});

it.each([
  ["after-join:kill:2", "SIGKILL"],
  ["after-join:pause", strangersKill],
])("a life that is armed with %s ends by %s", (failPoint, end) => {
  ends.begin("filter-0", failPoint);
  expect(killed()).toBe(end);
  ends.begin("filter-0", undefined);
  expect(killed()).toBe(strangersKill);
});

it("other ends have their own names, also of a life that was to be killed", () => {
  ends.kill("filter-0");
  ends.end("filter-0", 1, null);
  ends.end("filter-0", null, "SIGABRT");
  expect([ends.lastOf("filter-0"), ends.lastOf("filter-1")]).toEqual(["SIGABRT", undefined]);
  expect(ends.counts).toEqual({ "exit code 1": 1, SIGABRT: 1 });
});
