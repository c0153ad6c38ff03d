// A bug here tells an analyst that a case was closed when it was not, closes it twice, or leaves an alert without a case.

import { fold, verifyLog } from "@riffle/cases";
import { topics } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caseStore } from "../../../src/cases/case-stores.ts";
import { snapshotEveryEvents } from "../../../src/cases/task-desk.ts";
import { startMs } from "../../harness/cases/alerts.ts";
import { DeskRig } from "../../harness/cases/desk-rig.ts";

const comment = (text: string) => ({ command: "comment", text }) as const;
const judge = { command: "set-disposition", disposition: "confirmed-fraud" } as const;
const close = { command: "close" } as const;

/** A desk with one open case. */
const withCase = async (): Promise<{ rig: DeskRig; id: string }> => {
  const rig = await new DeskRig().begin();
  await rig.alerts({});
  return { rig, id: rig.caseIds()[0] ?? "" };
};

describe("an alert", () => {
  it("opens a case at its own event time, and passes on where it came from", async () => {
    const { rig } = await withCase();
    const [record] = rig.driver.emitted(topics.casesEvents);
    expect(record).toMatchObject({ key: "acct-1", timestampMs: startMs });
    expect(record?.headers["received-at"]).toBe(String(startMs + 5));
    expect(record?.value).toMatchObject({
      type: "opened",
      version: 1,
      by: "riffle",
      at: "2026-03-01T12:00:00.000Z",
    });
  });

  it("joins the account's open case, leaves it when it is withdrawn, and no other account's", async () => {
    const { rig, id } = await withCase();
    await rig.alerts({ n: 2, severity: "high" }, { accountId: "acct-2" }, { n: 1, status: "withdrawn" });
    expect(rig.events().map(({ type }) => type)).toEqual([
      "opened",
      "alert-joined",
      "opened",
      "alert-withdrawn",
    ]);
    expect(rig.driver.store(caseStore).get(id)).toMatchObject({ version: 3, severity: "high", alerts: 2 });
    expect(rig.caseIds()).toHaveLength(2);
  });

  it("on a closed case opens another that is linked to it, and one withdrawn leaves the case that it was in", async () => {
    const { rig, id } = await withCase();
    await rig.give(id, 1, judge);
    await rig.give(id, 2, close);
    await rig.alerts({ n: 2 }, { n: 1, status: "withdrawn" }, { n: 1, changedBy: "t-9" });
    const second = rig.caseIds()[1] ?? "";
    expect(rig.events().slice(3)).toMatchObject([
      { type: "opened", caseId: second, previousCaseId: id },
      { type: "alert-withdrawn", caseId: id, version: 4 },
      { type: "alert-joined", caseId: second, version: 2 },
    ]);
    expect(rig.driver.store(caseStore).get(second)?.linkedCaseIds).toEqual([id]);
    const reopened = await rig.give(id, 4, { command: "reopen" });
    expect(reopened).toEqual({ kind: "refused", refusal: "another-case-open" });
  });

  it("joins a former case that was reopened when the newer one was closed too", async () => {
    const { rig, id } = await withCase();
    await rig.give(id, 1, judge);
    await rig.give(id, 2, close);
    await rig.alerts({ n: 2 });
    const second = rig.caseIds()[1] ?? "";
    await rig.give(second, 1, judge);
    await rig.give(second, 2, close);
    expect(await rig.give(id, 3, { command: "reopen" })).toMatchObject({ kind: "done", version: 4 });
    await rig.alerts({ n: 3 });
    expect(rig.events().at(-1)).toMatchObject({ type: "alert-joined", caseId: id });
    await rig.give(id, 5, close);
    await rig.alerts({ n: 4 });
    expect(rig.events().at(-1)).toMatchObject({ type: "opened", previousCaseId: second });
  });

  it("joins a case that was reopened", async () => {
    const { rig, id } = await withCase();
    await rig.give(id, 1, judge);
    await rig.give(id, 2, close);
    await rig.give(id, 3, { command: "reopen" });
    await rig.alerts({ n: 2 });
    expect(rig.caseIds()).toEqual([id]);
    expect(rig.events().at(-1)).toMatchObject({ type: "alert-joined", version: 5 });
  });
});

describe("a command", () => {
  it("is answered after its commit and not before", async () => {
    const { rig, id } = await withCase();
    let isAnswered = false;
    const answer = rig.send(id, 1, comment("one")).then((given) => {
      isAnswered = true;
      return given;
    });
    await Promise.resolve();
    expect([isAnswered, rig.desk.waiting]).toEqual([false, 1]);
    await rig.driver.resume();
    expect(await answer).toMatchObject({
      kind: "done",
      version: 2,
      state: { comments: 1 },
      event: { text: "one", by: "ann" },
    });
    expect(rig.desk.waiting).toBe(0);
  });

  it("of two at one version: the first wins, the second is told the version and by whom", async () => {
    const { rig, id } = await withCase();
    const first = rig.send(id, 1, { command: "assign", assignee: "ann" });
    const second = rig.send(id, 1, { command: "assign", assignee: "bob" }, { by: "bob" });
    await rig.driver.resume();
    expect(await first).toMatchObject({ kind: "done", version: 2 });
    expect(await second).toEqual({ kind: "conflict", currentVersion: 2, by: "ann" });
    expect(rig.events().filter(({ type }) => type === "assigned")).toHaveLength(1);
  });

  it("that comes again after a restart has no second effect and the same answer", async () => {
    const { rig, id } = await withCase();
    await rig.give(id, 1, comment("one"), { commandId: "mine" });
    rig.driver.restart();
    await rig.driver.resume();
    const again = await rig.give(id, 1, comment("one"), { commandId: "mine" });
    expect(again).toMatchObject({ kind: "done", version: 2, state: { comments: 1 } });
    expect(again).not.toHaveProperty("event");
    expect(rig.events()).toHaveLength(2);
  });

  it("whose task is thrown away is carried out by the task's successor", async () => {
    const { rig, id } = await withCase();
    const answer = rig.send(id, 1, comment("one"));
    rig.driver.restart();
    expect(rig.desk.partitions).toEqual([]);
    await rig.driver.resume();
    await rig.driver.resume();
    expect(await answer).toMatchObject({ kind: "done", version: 2 });
    expect(rig.events()).toHaveLength(2);
  });

  it("that no task took in time had no effect, and has none later", async () => {
    const { rig, id } = await withCase();
    const answer = rig.send(id, 1, comment("one"));
    rig.expire();
    expect(await answer).toEqual({ kind: "unavailable" });
    await rig.driver.resume();
    expect(rig.events()).toHaveLength(1);
  });

  it("that was taken and whose commit was not confirmed in time has an outcome that nobody knows", async () => {
    const { rig, id } = await withCase();
    const answer = rig.send(id, 1, comment("one"), { commandId: "mine" });
    await rig.takeWithoutCommit();
    rig.expire();
    expect(await answer).toEqual({ kind: "outcome-unknown" });
    await rig.driver.resume();
    expect(await rig.give(id, 1, comment("one"), { commandId: "mine" })).toMatchObject({
      kind: "done",
      version: 2,
    });
    expect(rig.events()).toHaveLength(2);
  });

  it("that was taken by a task that is thrown away is decided anew by its successor", async () => {
    const { rig, id } = await withCase();
    const answer = rig.send(id, 1, comment("one"));
    await rig.takeWithoutCommit();
    rig.driver.restart();
    await rig.driver.resume();
    await rig.driver.resume();
    expect(await answer).toMatchObject({ kind: "done", version: 2 });
    expect(rig.events()).toHaveLength(2);
  });

  it("on a case that is not there is answered at once, as one is before any task runs", async () => {
    const idle = new DeskRig();
    const unknown = `cs_${"0".repeat(32)}`;
    expect(await idle.send(unknown, 1, comment("x"))).toEqual({ kind: "unavailable" });
    const { rig } = await withCase();
    expect(await rig.send(unknown, 1, comment("x"))).toEqual({ kind: "unknown-case" });
  });

  it("that the contract refuses is told so, records nothing and holds nobody up", async () => {
    const { rig, id } = await withCase();
    const bad = rig.send(id, 1, comment("one"), { by: "line\nbreak" });
    const good = rig.send(id, 1, comment("two"));
    await rig.driver.resume();
    expect(await bad).toEqual({ kind: "invalid", field: "by" });
    expect(await good).toMatchObject({ kind: "done", version: 2 });
    expect(rig.events()).toHaveLength(2);
  });

  it("beyond the most that may wait is not taken", async () => {
    const rig = await new DeskRig({ waitingMax: 1 }).begin();
    await rig.alerts({});
    const [id = ""] = rig.caseIds();
    const first = rig.send(id, 1, comment("one"));
    expect(await rig.send(id, 1, comment("two"))).toEqual({ kind: "unavailable" });
    await rig.driver.resume();
    expect(await first).toMatchObject({ kind: "done" });
  });
});

describe("snapshots", () => {
  it(`are written at the opening, at what a person does and at every ${snapshotEveryEvents}th event, with the version they cover`, async () => {
    const { rig, id } = await withCase();
    for (let version = 1; version < snapshotEveryEvents + 2; version++) await rig.alerts({ n: version + 1 });
    await rig.give(id, snapshotEveryEvents + 2, judge);
    await rig.give(id, snapshotEveryEvents + 3, close);
    expect(rig.snapshots().map(({ version }) => version)).toEqual([
      1,
      snapshotEveryEvents,
      snapshotEveryEvents + 3,
      snapshotEveryEvents + 4,
    ]);
    expect(rig.driver.emitted(topics.casesSnapshots)[0]?.key).toBe(id);
    expect(verifyLog({ events: rig.events(), snapshots: rig.snapshots() }).faults).toEqual([]);
  });
});

describe("a log whose end was cut off", () => {
  it("is found where the last event was a person's, or the only one of a case", async () => {
    const { rig, id } = await withCase();
    await rig.alerts({ accountId: "acct-2" });
    await rig.give(id, 1, comment("one"));
    const [events, snapshots] = [rig.events(), rig.snapshots()];
    expect(verifyLog({ events: events.slice(0, -1), snapshots }).faults).toMatchObject([
      { kind: "removed", caseId: id, version: 2 },
    ]);
    const second = rig.caseIds()[1] ?? "";
    const without = events.filter(({ caseId }) => caseId !== second);
    expect(verifyLog({ events: without, snapshots }).faults).toMatchObject([
      { kind: "removed", caseId: second, version: 1 },
    ]);
  });
});

describe("whatever alerts and analysts do, with restarts between", () => {
  const move = fc.oneof(
    fc.record({
      kind: fc.constant("alert" as const),
      n: fc.nat({ max: 3 }),
      accountId: fc.constantFrom("acct-1", "acct-2"),
      status: fc.constantFrom("raised" as const, "withdrawn" as const),
    }),
    fc.record({
      kind: fc.constant("command" as const),
      at: fc.nat({ max: 3 }),
      change: fc.constantFrom(comment("x"), judge, close, { command: "reopen" } as const),
    }),
    fc.constant({ kind: "restart" as const }),
  );

  it("the log is proven, an account has one open case at most, and the desk's cases are what their events make", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 40 }), async (moves) => {
        const rig = await new DeskRig().begin();
        for (const made of moves) {
          if (made.kind === "alert") await rig.alerts(made);
          else if (made.kind === "restart") {
            rig.driver.restart();
            await rig.driver.resume();
          } else {
            const id = rig.caseIds()[made.at];
            if (id === undefined) continue;
            await rig.give(id, rig.driver.store(caseStore).get(id)?.version ?? 0, made.change);
          }
        }
        const events = rig.events();
        expect(verifyLog({ events, snapshots: rig.snapshots() }).faults).toEqual([]);
        const folded = [...Map.groupBy(events, ({ caseId }) => caseId)].map(([id, own]) => [id, fold(own)]);
        expect(new Map(rig.driver.store(caseStore).entries())).toEqual(new Map(folded as []));
      }),
      { numRuns: 60 },
    );
  });
});
