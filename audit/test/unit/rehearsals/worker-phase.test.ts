// A bug here takes a replica that restores for one that works: a rehearsal then proves nothing about scaling in.

import { describe, expect, it } from "vitest";
import { anyOnTheWay, phaseIn } from "../../../rehearsals/worker-phase.ts";

const page = (current: string): string =>
  ["# TYPE riffle_stream_phase gauge"]
    .concat(
      ["starting", "joining", "restoring", "running", "stopping"].map(
        (phase) =>
          `riffle_stream_phase{phase="${phase}",service="fraud-detector"} ${phase === current ? 1 : 0}`,
      ),
    )
    .concat('riffle_stream_tasks{service="fraud-detector"} 1')
    .join("\n");

it("the phase of a worker is the one whose gauge is 1", () => {
  expect(phaseIn(page("restoring"))).toBe("restoring");
  expect(phaseIn(page("running"))).toBe("running");
  expect(phaseIn('riffle_stream_phase{service="filter",phase="joining"} 1')).toBe("joining");
});

it("a page without a worker has no phase", () => {
  expect(phaseIn("riffle_ingest_recorded_total 1")).toBeUndefined();
  expect(phaseIn("")).toBeUndefined();
});

describe("a replica on its way to its work", () => {
  it.each([
    [["running", "restoring"], true],
    [["joining"], true],
    [["running", "running"], false],
    [["starting", "stopping"], false],
    [[], false],
  ])("among %j: %s", (phases, expected) => {
    expect(anyOnTheWay(phases.map(page))).toBe(expected);
  });
});
