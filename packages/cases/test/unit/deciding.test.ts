// A bug here would look like this: two analysts overwrite each other, a retry closes a case twice, or an account has two
// open cases and nobody sees the second.
import { caseAlertsMax, caseCommandsMax, caseLinksMax, parseEventTime } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CaseRefusal, type Decision, decide, decideOnAlert } from "../../src/decide.ts";
import { accountId, alertIdOf, otherCaseId, startMs, story, ToldCase } from "../harness/story.ts";

const refusal = (code: CaseRefusal): Decision => ({ kind: "refused", refusal: code });
const alert = (n: number, status: "raised" | "withdrawn" = "raised") => ({
  accountId,
  alertId: alertIdOf(n),
  status,
  rule: "card-testing",
  severity: "high" as const,
  atMs: startMs,
});

describe("of two people at the same version", () => {
  it("the first wins and the second is told the version and by whom", () => {
    const told = new ToldCase();
    const { state } = told;
    expect(told.person("ann", { command: "assign", assignee: "ann" }).kind).toBe("events");
    const late = decide(told.state, {
      change: { command: "assign", assignee: "bob" },
      expectedVersion: state.version,
      commandId: "bob-1",
      by: "bob",
      atMs: startMs,
    });
    expect(late).toEqual({ kind: "conflict", currentVersion: 2, by: "ann" });
  });

  it("a version that is yet to come is a conflict too", () => {
    expect(new ToldCase().person("ann", { command: "comment", text: "?" }, -1)).toMatchObject({
      kind: "conflict",
    });
  });
});

describe("a command that comes again", () => {
  it("has no second effect, in any story", () => {
    fc.assert(
      fc.property(story, (steps) => {
        const { events } = new ToldCase().tell(steps);
        const ids = events.flatMap(({ commandId }) => commandId ?? []);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it("is answered with the version that it made", () => {
    const told = new ToldCase();
    told.person("ann", { command: "comment", text: "one" });
    expect(told.person("ann", { command: "comment", text: "one" }, 1, true)).toEqual({
      kind: "repeated",
      version: 2,
    });
  });

  it("is refused when it says something else under its old id", () => {
    const told = new ToldCase();
    told.person("ann", { command: "comment", text: "one" });
    const other = {
      change: { command: "comment", text: "two" } as const,
      expectedVersion: 1,
      commandId: "c-1",
      atMs: startMs,
    };
    expect(decide(told.state, { ...other, by: "ann" })).toEqual(refusal("command-id-reused"));
    const same = { ...other, change: { command: "comment", text: "one" } as const };
    expect(decide(told.state, { ...same, by: "bob" })).toEqual(refusal("command-id-reused"));
  });

  it.each([
    [caseCommandsMax - 1, "repeated"],
    [caseCommandsMax, "conflict"],
  ])("after %d others is %s, and never made twice", (others, kind) => {
    const told = new ToldCase();
    const first = {
      change: { command: "comment", text: "0" } as const,
      expectedVersion: 1,
      commandId: "c-1",
      by: "ann",
      atMs: startMs,
    };
    told.person("ann", first.change);
    for (let i = 0; i < others; i++) told.person("ann", { command: "comment", text: `${i}` });
    expect(decide(told.state, first).kind).toBe(kind);
  });
});

describe("a case", () => {
  it("is closed with a disposition only, and takes nothing but its reopening then", () => {
    const told = new ToldCase();
    expect(told.person("ann", { command: "close" })).toEqual(refusal("no-disposition"));
    told.person("ann", {
      command: "set-disposition",
      disposition: "false-positive",
      reason: "holder confirmed",
    });
    expect(told.person("ann", { command: "reopen" })).toEqual(refusal("case-open"));
    expect(told.person("ann", { command: "close" }).kind).toBe("events");
    for (const change of [
      { command: "assign", assignee: "bob" },
      { command: "comment", text: "x" },
      { command: "link", caseId: otherCaseId(1) },
      { command: "set-disposition", disposition: "confirmed-fraud" },
      { command: "close" },
    ] as const)
      expect(told.person("ann", change)).toEqual(refusal("case-closed"));
    expect(told.person("ann", { command: "reopen" }).kind).toBe("events");
    expect(told.state).toMatchObject({ status: "open", disposition: "false-positive", version: 4 });
  });

  it("is not reopened beside another open case of its account", () => {
    const told = new ToldCase();
    told.person("ann", { command: "set-disposition", disposition: "false-positive" });
    told.person("ann", { command: "close" });
    const command = {
      change: { command: "reopen" } as const,
      expectedVersion: 3,
      commandId: "r",
      by: "ann",
      atMs: startMs,
    };
    expect(decide(told.state, { ...command, otherOpenCaseId: otherCaseId(9) })).toEqual(
      refusal("another-case-open"),
    );
    expect(decide(told.state, command).kind).toBe("events");
  });

  it("takes no change that changes nothing, and no link to itself or to the same case again", () => {
    const told = new ToldCase();
    expect(told.person("ann", { command: "assign", assignee: null })).toEqual(refusal("no-change"));
    told.person("ann", { command: "set-disposition", disposition: "false-positive" });
    expect(told.person("ann", { command: "set-disposition", disposition: "false-positive" })).toEqual(
      refusal("no-change"),
    );
    expect(told.person("ann", { command: "link", caseId: told.state.id })).toEqual(refusal("link-to-itself"));
    told.person("ann", { command: "link", caseId: otherCaseId(1) });
    expect(told.person("ann", { command: "link", caseId: otherCaseId(1) })).toEqual(
      refusal("already-linked"),
    );
  });

  it(`has at most ${caseLinksMax} links`, () => {
    const told = new ToldCase();
    for (let i = 0; i < caseLinksMax; i++) told.person("ann", { command: "link", caseId: otherCaseId(i) });
    expect(told.state.linkedCaseIds).toHaveLength(caseLinksMax);
    expect(told.person("ann", { command: "link", caseId: otherCaseId(caseLinksMax) })).toEqual(
      refusal("links-full"),
    );
  });

  it("takes nothing from a person who has the service's name", () => {
    expect(new ToldCase().person("riffle", { command: "comment", text: "x" })).toEqual(
      refusal("name-reserved"),
    );
  });

  it("never goes back in time, whatever the clocks say", () => {
    fc.assert(
      fc.property(story, (steps) => {
        const times = new ToldCase().tell(steps).events.map(({ at }) => parseEventTime(at));
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe("an alert", () => {
  it("opens a case whose id says the account, the alert and the case before", () => {
    const ids = [undefined, otherCaseId(1), otherCaseId(2)].map(
      (previous) => new ToldCase(previous).state.id,
    );
    expect(new Set(ids).size).toBe(3);
    expect(new ToldCase().state.id).toBe(ids[0]);
    expect(new ToldCase(otherCaseId(1)).state).toMatchObject({
      previousCaseId: otherCaseId(1),
      linkedCaseIds: [otherCaseId(1)],
    });
  });

  it("that is in the case already makes no event, and one that was withdrawn joins again", () => {
    const told = new ToldCase();
    expect(decideOnAlert(told.state, alert(0))).toEqual([]);
    expect(decideOnAlert(told.state, alert(1, "withdrawn"))).toEqual([]);
    expect(decideOnAlert(undefined, alert(1, "withdrawn"))).toEqual([]);
    told.take({ kind: "alert", alert: 0, status: "withdrawn", severity: "low", laterMs: 0 });
    expect(told.state.withdrawnAlertIds).toEqual([alertIdOf(0)]);
    told.take({ kind: "alert", alert: 0, status: "raised", severity: "low", laterMs: 0 });
    expect(told.state).toMatchObject({ version: 3, alerts: 1, withdrawnAlertIds: [], severity: "medium" });
  });

  it("is withdrawn from a closed case too, and raised on one it opens another", () => {
    const told = new ToldCase();
    told.person("ann", { command: "set-disposition", disposition: "confirmed-fraud" });
    told.person("ann", { command: "close" });
    expect(decideOnAlert(told.state, alert(0, "withdrawn"))).toMatchObject([
      { type: "alert-withdrawn", version: 4 },
    ]);
    const [opened] = decideOnAlert(told.state, { ...alert(0), previousCaseId: told.state.id });
    expect(opened).toMatchObject({ type: "opened", version: 1, previousCaseId: told.state.id });
    expect(opened?.caseId).not.toBe(told.state.id);
  });

  it(`beyond the newest ${caseAlertsMax} is counted and no longer listed`, () => {
    const told = new ToldCase();
    for (let n = 1; n <= caseAlertsMax; n++)
      told.take({ kind: "alert", alert: n, status: "raised", severity: "low", laterMs: 0 });
    expect(told.state.alerts).toBe(caseAlertsMax + 1);
    expect(told.state.alertIds).toHaveLength(caseAlertsMax);
    expect(told.state.alertIds).not.toContain(alertIdOf(0));
    expect(decideOnAlert(told.state, alert(0, "withdrawn"))).toEqual([]);
  });
});
