// A bug here counts kills that nobody died of.

import { beforeEach, expect, it } from "vitest";
import { ProcessInjector } from "../../../faults/process-injector.ts";
import { Tally } from "../../../faults/tally.ts";

/** A service that takes a moment to die, and is started again. */
let life: number;
let lastEnd: string;
let tally: Tally;
let injector: ProcessInjector;

beforeEach(() => {
  [life, lastEnd, tally] = [1, "", new Tally()];
  const die = (): void => {
    lastEnd = endsWith;
    life++;
  };
  const pipeline = {
    pidOf: () => life,
    kill: () => {
      setTimeout(die, 1);
      return true;
    },
    lastEndOf: () => lastEnd,
    addReplica: async () => 1,
    removeReplica: async () => {},
    resume: () => {},
    terminate: () => {},
    untilServiceReady: async () => {},
  };
  injector = new ProcessInjector({
    pipeline,
    tally,
    sessionTimeoutMs: 1,
    failNextCommit: () => {},
    say: () => {},
  });
});

let endsWith = "SIGKILL";
const kill = () => injector.inject({ kind: "kill", service: "filter", afterMs: 0 });

it("a kill counts when the life is over, so that two kills are two deaths", async () => {
  endsWith = "SIGKILL";
  expect(await kill()).toBe(true);
  expect(life).toBe(2);
  await kill();
  expect([life, tally.of("kill filter")]).toEqual([3, 2]);
});

it("a life that ended by itself just then was not killed", async () => {
  endsWith = "exit code 1";
  expect(await kill()).toBe(false);
  expect([tally.of("kill filter"), tally.of("missed kill")]).toEqual([0, 1]);
});
