// A bug here looks like a passport that tells of somebody else: the window of the transaction beside it, an alert of
// another account, a hop that never was.

import { averageMoney, topics } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { passportOf } from "../../../src/passport/passport.ts";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import { projections } from "../../../src/read-model/projections.ts";
import { ReadModel } from "../../../src/read-model/read-model.ts";
import { chunksOf } from "../../harness/chunks.ts";
import { alertOf, noonMs, Story, transactionOf } from "../../harness/story.ts";

const databaseOf = (story: Story): ReadModelDatabase => {
  const database = new ReadModelDatabase({ folder: undefined, projections });
  new ReadModel({ database, projections }).apply(chunksOf(story.records));
  return database;
};

const times = { receivedAtMs: noonMs + 5, processedAtMs: noonMs + 9 };
const minute = 60_000;

describe("windows", () => {
  it("are those that hold the event time: every hopping one, one tumbling one, the session around it, and no neighbour", () => {
    const transaction = transactionOf({ id: "t", occurredAt: new Date(noonMs + 7 * minute).toISOString() });
    const story = new Story().received(transaction, times).screened(transaction, times);
    const hopping = (start: number) => ({
      kind: "hopping" as const,
      sizeMs: 5 * minute,
      advanceMs: minute,
      start: noonMs + start * minute,
      end: noonMs + (start + 5) * minute,
    });
    for (let start = 0; start <= 10; start++)
      story.aggregate(transaction, { window: hopping(start), final: true }, undefined);
    const tumbling = (start: number) => ({
      kind: "tumbling" as const,
      sizeMs: 5 * minute,
      start: noonMs + start * minute,
      end: noonMs + (start + 5) * minute,
    });
    for (const start of [0, 5, 10])
      story.aggregate(transaction, { window: tumbling(start), final: true }, undefined);
    const session = (start: number, end: number) => ({
      kind: "session" as const,
      sizeMs: 5 * minute,
      start: noonMs + start * minute,
      end: noonMs + end * minute,
    });
    for (const [start = 0, end = 0] of [
      [0, 5],
      [6, 30],
      [40, 50],
    ])
      story.aggregate(transaction, { window: session(start, end), final: true }, undefined);

    const found = passportOf(databaseOf(story), "t")?.windows.map(
      ({ kind, start, end }) => `${kind} ${(start - noonMs) / minute}-${(end - noonMs) / minute}`,
    );
    expect(found).toEqual([
      "hopping 3-8",
      "hopping 4-9",
      "hopping 5-10",
      "hopping 6-11",
      "hopping 7-12",
      "session 6-30",
      "tumbling 5-10",
    ]);
  });

  it("do not hold the instant at which they end", () => {
    const transaction = transactionOf({ id: "t", occurredAt: new Date(noonMs + 30 * minute).toISOString() });
    const story = new Story().received(transaction, times).screened(transaction, times);
    for (const kind of ["session", "tumbling"] as const) {
      const window = { kind, sizeMs: 5 * minute, start: noonMs + 25 * minute, end: noonMs + 30 * minute };
      story.aggregate(transaction, { window, final: true }, undefined);
    }
    expect(passportOf(databaseOf(story), "t")?.windows).toEqual([]);
  });

  it("show of two transactions in one millisecond each its own sliding one", () => {
    const [first, second] = ["a", "b"].map((id) => transactionOf({ id }));
    if (first === undefined || second === undefined) throw new Error("there are two");
    const story = new Story()
      .received(first, times)
      .received(second, times)
      .screened(first, times)
      .screened(second, times)
      .counted(first, times)
      .counted(second, times, { count: 2, sum: 2_000, average: averageMoney(2_000, 2) });
    const database = databaseOf(story);
    expect(passportOf(database, "a")?.windows.map(({ count }) => count)).toEqual([1]);
    expect(passportOf(database, "b")?.windows.map(({ count }) => count)).toEqual([2]);
    expect(passportOf(database, "b")?.hops.find(({ stage }) => stage === "counted")?.offset).toBe(1);
  });

  it("that were missed are told as late, and none of them as counted", () => {
    const transaction = transactionOf({ id: "t" });
    const story = new Story().received(transaction, times).screened(transaction, times);
    const passport = passportOf(databaseOf(story.late(transaction, noonMs + 20 * minute, times)), "t");
    expect(passport?.late).toMatchObject([
      { topic: topics.aggregatorLate.name, offset: 0, streamTimeMs: noonMs + 20 * minute },
    ]);
    expect(passport?.late[0]?.windows).toHaveLength(1);
    expect(passport?.windows).toEqual([]);
  });
});

describe("patterns", () => {
  it("tell at which step a transaction took part, by place and by name, and the alert as it stands now", () => {
    const [first, second] = ["a", "b"].map((id) => transactionOf({ id }));
    if (first === undefined || second === undefined) throw new Error("there are two");
    const story = new Story()
      .received(first, times)
      .received(second, times)
      .alert("card-testing", [first, second], times)
      .alert("card-testing", [first, second], times, "withdrawn");
    const database = databaseOf(story);
    const pattern = { rule: "card-testing", ruleVersion: 1, status: "withdrawn", steps: 2 };
    expect(passportOf(database, "a")?.patterns).toMatchObject([{ ...pattern, step: 1, stepName: "small" }]);
    expect(passportOf(database, "b")?.patterns).toMatchObject([{ ...pattern, step: 2, stepName: "large" }]);
    const passport = passportOf(database, "a");
    expect(passport?.alerts).toEqual([alertOf("card-testing", [first, second], "withdrawn")]);
    expect(passport?.hops.filter(({ stage }) => stage === "matched").map(({ offset }) => offset)).toEqual([
      0, 1,
    ]);
  });
});

describe("an id that two accounts used", () => {
  const mine = transactionOf({ id: "t", accountId: "acct-1" });
  const theirs = transactionOf({ id: "t", accountId: "acct-2", amount: 7 });
  const story = new Story()
    .received(mine, times)
    .received(theirs, { receivedAtMs: noonMs + 50 })
    .screened(mine, times)
    .alert("card-testing", [mine], times);

  it("has one passport for each, the newest first, which names the other", () => {
    const database = databaseOf(story);
    expect(passportOf(database, "t")).toMatchObject({
      accountId: "acct-2",
      transaction: theirs,
      status: "received",
      alerts: [],
      others: [{ accountId: "acct-1" }],
    });
    expect(passportOf(database, "t", "acct-1")).toMatchObject({
      accountId: "acct-1",
      status: "screened",
      alerts: [{ rule: "card-testing" }],
    });
    expect(passportOf(database, "t", "acct-3")).toBeUndefined();
  });
});

describe("a dead letter", () => {
  it("of a service further down is found by the place of the record it was made of, and leaves the status", () => {
    const transaction = transactionOf({ id: "t" });
    const story = new Story()
      .received(transaction, times)
      .screened(transaction, times)
      .deadLetter(
        topics.aggregatorDeadLetters,
        transaction.accountId,
        "[]",
        { topic: topics.transactionsScreened.name, offset: 0 },
        times.receivedAtMs,
      );
    expect(passportOf(databaseOf(story), "t")).toMatchObject({
      status: "screened",
      deadLetter: { topic: "aggregator.dlq.v1", reasonCode: "VALUE_INVALID" },
      hops: [{}, {}, { stage: "dead-lettered", service: "aggregator", reason: "VALUE_INVALID" }],
    });
  });
});
