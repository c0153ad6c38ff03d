// A bug here looks like a page that calls a pipeline well that has stood still for an hour, or one that nobody has heard of.

import { describe, expect, it } from "vitest";
import type { EdgeFigures, Overview } from "../../../dashboard/src/api/wire.ts";
import {
  clusterSilentMsMax,
  healthOf,
  lagText,
  toneOfLag,
  withoutLag,
} from "../../../dashboard/src/overview/pipeline-health.ts";

const nowMs = 1_800_000_000_000;

const edge = (to: EdgeFigures["to"], given: Partial<EdgeFigures> = {}): EdgeFigures => ({
  from: "filter",
  to,
  topic: `to.${to}.v1`,
  ratePerSecond: 0,
  lagRecords: 0,
  lagSeconds: 0,
  p50Ms: null,
  p99Ms: null,
  ...given,
});
const nobody = { lagRecords: null, lagSeconds: null };
const member = { instance: "one", partitions: [0], ready: true };

const overview = (given: Partial<Overview> = {}): Overview => ({
  nowMs,
  clusterAtMs: nowMs,
  edges: [edge("aggregator"), edge("notifier"), edge("readers", nobody), edge("channels", nobody)],
  services: ["aggregator", "notifier", "console"].map((name) => ({
    name,
    replicas: name === "console" ? [] : [member],
  })),
  totals: { received: 0, screened: 0, rejected: 0, deadLettered: 0, alerts: 0, notifications: 0 },
  ...given,
});
const behind = (lagRecords: number, lagSeconds: number | null): Overview =>
  overview({ edges: [edge("aggregator", { lagRecords, lagSeconds }), edge("notifier")] });

describe("the pipeline", () => {
  it("is well when the cluster answered lately and every group has read everything", () => {
    expect(healthOf(overview(), 0)).toEqual({
      tone: "good",
      text: "Everything that came in is processed",
      isCurrent: true,
    });
  });

  it.each([
    [4.9, "good"],
    [5, "warn"],
    [59.9, "warn"],
    [60, "bad"],
    [3_600, "bad"],
  ] as const)("%d s behind is %s", (lagSeconds, tone) => {
    expect(healthOf(behind(36_000, lagSeconds), 0)).toMatchObject({
      tone,
      text: "36,000 records on the way",
    });
  });

  it("is not known before the cluster has answered", () => {
    expect(healthOf(overview({ clusterAtMs: null }), 0)).toEqual({
      tone: "warn",
      text: "Lag unknown: the cluster has not answered yet",
      isCurrent: false,
    });
  });

  it.each([
    [clusterSilentMsMax, 0, true],
    [clusterSilentMsMax + 1, 0, false],
    [0, clusterSilentMsMax, true],
    [0, clusterSilentMsMax + 1, false],
    [10_000, 5_001, false],
    // A page whose clock has not moved on yet.
    [clusterSilentMsMax, -900, true],
  ])(
    "whose cluster was silent for %d ms, told %d ms ago, is current: %s",
    (silentMs, heardAgoMs, isCurrent) => {
      const health = healthOf(overview({ clusterAtMs: nowMs - silentMs }), heardAgoMs);
      expect(health.isCurrent).toBe(isCurrent);
      expect(health.tone).toBe(isCurrent ? "good" : "warn");
      if (!isCurrent) expect(health.text).toBe("Lag unknown: the cluster was last heard of 15 s ago");
    },
  );

  it("is not known where the cluster does not say how far a group is", () => {
    expect(healthOf(overview({ edges: [edge("aggregator"), edge("notifier", nobody)] }), 0)).toMatchObject({
      tone: "warn",
      text: "Lag unknown: the cluster does not say how far notifier is",
      isCurrent: false,
    });
  });

  it("is never well where the age of what is behind is not known, and as bad as what is known", () => {
    expect(healthOf(behind(7, null), 0)).toMatchObject({
      tone: "warn",
      text: "7 records on the way, for how long is unknown",
      isCurrent: true,
    });
    const edges = [
      edge("aggregator", { lagRecords: 7, lagSeconds: null }),
      edge("notifier", { lagRecords: 1, lagSeconds: 61 }),
    ];
    expect(healthOf(overview({ edges }), 0)).toMatchObject({ tone: "bad" });
  });

  it("is bad where a group has no member, though nothing is behind", () => {
    const services = [
      { name: "aggregator", replicas: [] },
      { name: "notifier", replicas: [member] },
    ];
    expect(healthOf(overview({ services }), 0)).toEqual({
      tone: "bad",
      text: "No replica of aggregator. Everything that came in is processed",
      isCurrent: true,
    });
  });
});

describe("the lag of a topic", () => {
  it("is told in words where there is none to tell: nobody's group, or nobody knows", () => {
    expect(lagText(edge("readers", nobody))).toBe("no group");
    expect(lagText(edge("notifier", nobody))).toBe("lag unknown");
    expect(lagText(edge("notifier", { lagSeconds: 1.5 }))).toBe("lag 1.5 s");
    expect(toneOfLag(null)).toBe("quiet");
  });

  it("is left out as a whole where it is not that of now", () => {
    expect(withoutLag([edge("notifier", { lagRecords: 3, lagSeconds: 1 })])).toEqual([
      edge("notifier", nobody),
    ]);
  });
});
