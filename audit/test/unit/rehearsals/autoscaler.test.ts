// A bug here is a rehearsal that scales by a rule of its own, and says of Kubernetes what is not so.

import { describe, expect, it } from "vitest";
import { Autoscaler, turnsOf } from "../../../rehearsals/autoscaler.ts";

const options = {
  min: 1,
  max: 12,
  target: 1_000,
  upMax: 3,
  upPeriodMs: 60_000,
  stabilisationMs: 300_000,
  downPeriodMs: 120_000,
};
const look = (scaler: Autoscaler, nowMs: number, replicas: number, lag: number, isRestoring = false) =>
  scaler.decide({ nowMs, replicas, lag, isRestoring });

describe("the number of replicas", () => {
  it.each([
    [1, 0, 1],
    [1, 1_000, 1],
    [1, 1_099, 1],
    [1, 1_101, 2],
    [2, 2_900, 3],
    [4, 4_300, 4],
    [1, 1_000_000, 4],
    [12, 1_000_000, 12],
  ])("of %i with a lag of %i is %i (AS1, AS2)", (replicas, lag, expected) => {
    expect(look(new Autoscaler(options), 0, replicas, lag)).toBe(expected);
  });

  it("rises by no more than three in a minute (AS2)", () => {
    const scaler = new Autoscaler(options);
    expect(look(scaler, 0, 1, 12_000)).toBe(4);
    expect(look(scaler, 59_999, 4, 12_000)).toBe(4);
    expect(look(scaler, 60_000, 4, 12_000)).toBe(7);
  });

  it("falls when the lag has been low for the whole window, and by one in each period (AS3)", () => {
    const scaler = new Autoscaler(options);
    expect(look(scaler, 0, 3, 3_000)).toBe(3);
    expect(look(scaler, 300_000, 3, 0)).toBe(3);
    expect(look(scaler, 300_001, 3, 0)).toBe(2);
    expect(look(scaler, 420_000, 2, 0)).toBe(2);
    expect(look(scaler, 420_001, 2, 0)).toBe(1);
    expect(look(scaler, 600_000, 1, 0)).toBe(1);
  });

  it("does not fall because of one look between two bursts (AS3)", () => {
    const scaler = new Autoscaler(options);
    for (const [nowMs, lag] of [
      [0, 3_000],
      [200_000, 0],
      [400_000, 3_000],
      [600_000, 0],
    ] as const)
      expect(look(scaler, nowMs, 3, lag)).toBe(3);
  });

  it("does not fall while a replica restores (AS4)", () => {
    const scaler = new Autoscaler(options);
    expect(look(scaler, 0, 3, 0, true)).toBe(3);
    expect(look(scaler, 300_000, 3, 0)).toBe(3);
    expect(look(scaler, 300_001, 3, 0)).toBe(2);
  });
});

it.each([
  [[1], 0],
  [[1, 2, 3], 0],
  [[1, 3, 2, 1], 1],
  [[1, 2, 1, 2], 2],
  [[1, 2, 2, 3, 1], 1],
])("the turns of %j are %i", (replicas, turns) => {
  expect(turnsOf(replicas)).toBe(turns);
});
