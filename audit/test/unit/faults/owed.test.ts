// A bug here calls a campaign proof that never harmed what it was to harm, or lets services die without a word.

import { failPoints } from "@riffle/streams";
import { describe, expect, it } from "vitest";
import { allowedEnds, fatalsOf, unexplainedEnds } from "../../../faults/endings.ts";
import type { LedgerEntry } from "../../../faults/ledger.ts";
import { shortcomings } from "../../../faults/owed.ts";
import { shortMix } from "../../../faults/plan.ts";
import { sometimesOf } from "../../../faults/sometimes.ts";
import { strangersKill } from "../../../pipeline/life-ends.ts";

/** A campaign in which everything of the mix happened, once a round. */
const entryOf = (rounds: number, faults: Readonly<Record<string, number>> = {}): LedgerEntry => ({
  commit: "c",
  seed: 1,
  minutes: 5,
  rounds: { kills: rounds, processes: rounds, network: rounds },
  faults: {
    "kill filter": rounds * shortMix.kills,
    ...Object.fromEntries(failPoints.map((point) => [`fail-point ${point}`, rounds * shortMix.failPoints])),
    "zombie filter after-process": rounds * shortMix.zombies,
    "torn state removed": rounds * shortMix.tornStates,
    "scale-out filter": rounds * shortMix.scales,
    "scale-in filter": rounds * shortMix.scales,
    "EndTxn answer drop": rounds * shortMix.endTxns,
    "lost Produce answer, drop": rounds * shortMix.lostAnswers,
    "broker cut off": rounds * shortMix.cuts,
    "broker killed": rounds * shortMix.brokerKills,
    "broker paused": rounds * shortMix.brokerPauses,
    ...faults,
  },
  effects: { looksAtAtomicity: 50, unreadable: 9, deadLetters: 3, acceptedPerSecond: 100 },
  sometimes: { "producer or member fenced": 1 },
  fatals: {},
  violations: [],
});

describe("what a campaign owes", () => {
  it("is nothing more when everything of the mix happened", () => {
    expect(shortcomings(entryOf(1), shortMix)).toEqual([]);
    expect(shortcomings(entryOf(3), shortMix)).toEqual([]);
  });

  it.each([
    ["kill filter", 59, "kill -9 at random: 59, at least 60"],
    ["zombie filter after-process", 4, "zombies: 4, at least 5"],
    ["torn state removed", 4, "damaged copies of state: 4, at least 5"],
    ["scale-out filter", 2, "instances added: 2, at least 3"],
    ["scale-in filter", 2, "instances removed: 2, at least 3"],
    ["EndTxn answer drop", 19, "EndTxn frames harmed: 19, at least 20"],
    ["lost Produce answer, drop", 7, "other answers lost: 7, at least 8"],
    ["broker cut off", 3, "brokers cut off: 3, at least 4"],
    ["broker killed", 2, "brokers killed: 2, at least 3"],
    ["broker paused", 0, "brokers paused: 0, at least 1"],
  ])("misses %s of %d in one round", (fault, count, says) => {
    expect(shortcomings(entryOf(1, { [fault]: count }), shortMix).join()).toContain(says);
  });

  it("is owed by each fail-point itself, also where the others were hit more often", () => {
    const thrice = { "fail-point after-end-txn": 1, "fail-point after-fetch": 30 };
    expect(shortcomings(entryOf(3, thrice), shortMix)).toEqual([
      "fail-point after-end-txn: 1, at least 2 are owed",
    ]);
  });

  it("spares one fail-point of a single round, and no second one", () => {
    const one = { "fail-point after-end-txn": 0 };
    expect(shortcomings(entryOf(1, one), shortMix)).toEqual([]);
    expect(shortcomings(entryOf(1, { ...one, "fail-point after-fetch": 0 }), shortMix)).toEqual([
      "fail-point after-fetch: 0, at least 1 are owed",
      "fail-point after-end-txn: 0, at least 1 are owed",
    ]);
  });

  it("is a rare condition only where there were rounds enough for it", () => {
    const without = { sometimes: { "producer or member fenced": 0 } };
    expect(shortcomings({ ...entryOf(2), ...without }, shortMix)).toEqual([]);
    expect(shortcomings({ ...entryOf(3), ...without }, shortMix)).toEqual([
      "never seen: producer or member fenced",
    ]);
  });

  it("grows with the rounds, lane by lane, and is a finished round of each", () => {
    const entry = entryOf(1);
    const more = { ...entry, rounds: { ...entry.rounds, network: 2 } };
    expect(shortcomings(more, shortMix).join()).toContain("brokers killed: 3, at least 6");
    const none = { ...entry, rounds: { ...entry.rounds, processes: 0 } };
    expect(shortcomings(none, shortMix)).toEqual(["finished rounds of processes: 0, at least 1 are owed"]);
  });

  it("is work done meanwhile, looks, and every condition that must come up", () => {
    const idle = { ...entryOf(1), effects: {}, sometimes: { "handler failed at a record": 0 } };
    expect(shortcomings(idle, shortMix)).toEqual([
      "looks at atomicity: 0, at least 10 are owed",
      "unreadable records: 0, at least 1 are owed",
      "dead letters: 0, at least 1 are owed",
      "accepted a second: 0, at least 10 are owed",
      "never seen: handler failed at a record",
    ]);
  });
});

describe("services that ended by themselves", () => {
  const line = (msg: string, err?: object): string =>
    JSON.stringify({ level: "fatal", time: "2026-03-01T12:00:00Z", service: "filter", err, msg });

  it("are counted by what they said", () => {
    const lines = [
      line("fatal", { name: "StreamsError", code: "STREAMS_STATE_CORRUPT", message: "no" }),
      line("fatal", { name: "StreamsError", code: "STREAMS_STATE_CORRUPT", message: "no" }),
      line("uncaught exception", { name: "TypeError", message: "x is not a function" }),
      JSON.stringify({ level: "error", msg: "fatal" }),
      '{"level":"fatal","ti',
    ];
    expect(fatalsOf(lines)).toEqual({
      "fatal: STREAMS_STATE_CORRUPT no": 2,
      "uncaught exception: TypeError x is not a function": 1,
      '{"level":"fatal","ti: no code ': 1,
    });
  });

  it("are violations, unless the attack explains them", () => {
    const [allowed] = allowedEnds;
    const fatals = { "fatal: STREAMS_STATE_CORRUPT no": 2, [`${allowed?.text} at 127.0.0.1:1`]: 9 };
    expect(unexplainedEnds(fatals, {}, 0)).toEqual([
      "services ended by themselves, 2 times: fatal: STREAMS_STATE_CORRUPT no",
    ]);
    expect(unexplainedEnds({}, { SIGABRT: 1, "exit code 78": 2 }, 9)).toEqual([
      "services ended with SIGABRT, 1 times",
      "services ended with exit code 78, 2 times",
    ]);
    expect(unexplainedEnds({}, { SIGKILL: 60, [strangersKill]: 1 }, 9)).toEqual([
      `services ended by themselves, 1 times: ${strangersKill}`,
    ]);
  });

  it("explain themselves by a line of the log or by a shutdown that was asked for, one each", () => {
    const told = { [`${allowedEnds[0]?.text} at 127.0.0.1:1`]: 2 };
    expect(unexplainedEnds(told, { SIGKILL: 60, "exit code 0": 1, "exit code 1": 2 }, 1)).toEqual([]);
    expect(unexplainedEnds(told, { "exit code 1": 4 }, 1)).toEqual([
      "services ended with exit code 1, 4 times, of which 3 can be explained",
    ]);
    expect(unexplainedEnds({}, { "exit code 0": 1 }, 0)).toEqual([
      "services ended with exit code 0, 1 times, of which 0 can be explained",
    ]);
  });
});

describe("conditions", () => {
  const seen = (line: object): string[] =>
    Object.entries(sometimesOf([JSON.stringify(line)]))
      .filter(([, count]) => count > 0)
      .map(([name]) => name);

  it("are a commit of unknown outcome only where EndTxn had no answer", () => {
    const unknown = (api: string) =>
      seen({ err: { message: `${api}: no answer from the broker (x)`, code: "STREAMS_OUTCOME_UNKNOWN" } });
    expect(unknown("Fetch")).toEqual(["outcome of a request unknown"]);
    expect(unknown("EndTxn")).toEqual(["outcome of a request unknown", "outcome of a commit unknown"]);
  });

  it("are a restore only where the changelog held something", () => {
    const restored = (records: number) =>
      seen({ store: "panes", records, from: "start", msg: "store restored" });
    expect(restored(0)).toEqual([]);
    expect(restored(10)).toEqual(["restored from a changelog"]);
  });
});
