// A bug here would look like this: after a restart, or for events that an older build wrote, a case is another one than
// the analysts made of it.
import { type CaseEvent, type CaseSnapshot, topics } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evolve, fold } from "../../src/evolve.ts";
import { asOnceWritten, story, ToldCase } from "../harness/story.ts";

const { codec } = topics.casesSnapshots;

/** What a case is by its whole list of events, looked at field by field and never step by step. */
function naive(events: readonly CaseEvent[]) {
  const ofType = <T extends CaseEvent["type"]>(...types: T[]) =>
    events.filter((event): event is Extract<CaseEvent, { type: T }> =>
      (types as string[]).includes(event.type),
    );
  const raised = ofType("opened", "alert-joined");
  const alertIds = [...new Set(raised.map(({ alertId }) => alertId))];
  const lastOf = (alertId: string) =>
    ofType("opened", "alert-joined", "alert-withdrawn").findLast((event) => event.alertId === alertId);
  const severities = raised.map(({ severity }) => severity);
  return {
    status: ofType("closed", "reopened").at(-1)?.type === "closed" ? "closed" : "open",
    version: events.length,
    openedAt: events[0]?.at,
    updatedAt: events.at(-1)?.at,
    assignee: ofType("assigned").at(-1)?.assignee ?? null,
    disposition: ofType("disposition-set").at(-1)?.disposition ?? null,
    severity: (["high", "medium", "low"] as const).find((severity) => severities.includes(severity)),
    alerts: alertIds.length,
    alertIds,
    withdrawn: new Set(alertIds.filter((alertId) => lastOf(alertId)?.type === "alert-withdrawn")),
    linkedCaseIds: ofType("linked").map(({ linkedCaseId }) => linkedCaseId),
    comments: ofType("commented").length,
    lastBy: events.at(-1)?.by,
    lastHash: events.at(-1)?.hash,
    commands: events
      .flatMap(({ commandId, version }) => (commandId === undefined ? [] : [[commandId, version]]))
      .slice(-32),
  };
}

const seen = ({
  id: _,
  accountId: __,
  previousCaseId: ___,
  withdrawnAlertIds,
  recentCommands,
  ...state
}: CaseSnapshot) => ({
  ...state,
  withdrawn: new Set(withdrawnAlertIds),
  commands: recentCommands.map(({ id, version }) => [id, version]),
});

describe("a case", () => {
  it("is what its list of events says, after any commands and alerts", () => {
    fc.assert(
      fc.property(story, (steps) => {
        const told = new ToldCase().tell(steps);
        expect(seen(told.state)).toEqual(naive(told.events));
        expect(fold(told.events)).toEqual(told.state);
      }),
    );
  });

  it("is the same from a snapshot at any version and the events after it", () => {
    fc.assert(
      fc.property(story, fc.nat(), (steps, at) => {
        const { events, state } = new ToldCase().tell(steps);
        const covered = 1 + (at % events.length);
        const snapshot = fold(events.slice(0, covered)) as CaseSnapshot;
        const read = codec.decode(codec.encode(snapshot), codec.schema);
        expect(fold(events.slice(covered), read)).toEqual(state);
      }),
    );
  });

  it("is the same when its events were written by version 1, but for what version 1 did not have", () => {
    fc.assert(
      fc.property(story, fc.nat(), (steps, at) => {
        const { events, state } = new ToldCase().tell(steps);
        const old = asOnceWritten(events);
        expect(old.every(({ writtenAs }) => writtenAs === 1)).toBe(true);
        const { lastHash: _, recentCommands: __, ...same } = state;
        expect(fold(old)).toMatchObject(same);
        expect(fold(old)?.recentCommands).toEqual([]);
        const half = fold(old.slice(0, 1 + (at % old.length)));
        expect(fold(old.slice(half?.version), half)).toEqual(fold(old));
      }),
    );
  });

  it("goes on in version 2 where version 1 stopped", () => {
    const { events } = new ToldCase();
    const old = asOnceWritten(events);
    const state = fold(old) as CaseSnapshot;
    const told = new ToldCase();
    told.state = state;
    told.person("ann", { command: "comment", text: "after the deployment" });
    const last = told.events.at(-1) as CaseEvent;
    expect(last).toMatchObject({ version: 2, previousHash: state.lastHash });
    expect(fold([...old, last])?.comments).toBe(1);
  });

  it.each([
    ["a missing version", (events: CaseEvent[]) => [events[0], events[2]]],
    ["a version twice", (events: CaseEvent[]) => [events[0], events[1], events[1]]],
    ["another beginning", (events: CaseEvent[]) => [events[1]]],
    [
      "an event written after another",
      (events: CaseEvent[]) => [events[0], { ...events[1], previousHash: "f".repeat(64) }],
    ],
    [
      "an event of another case",
      (events: CaseEvent[]) => [events[0], { ...events[1], caseId: `cs_${"e".repeat(32)}` }],
    ],
  ])("is refused with %s", (_, harm) => {
    const told = new ToldCase();
    told.person("ann", { command: "comment", text: "one" });
    told.person("ann", { command: "comment", text: "two" });
    expect(() => fold(harm(told.events) as CaseEvent[])).toThrow(
      expect.objectContaining({ code: "CASE_SEQUENCE_BROKEN" }),
    );
  });

  it("has no event on a closed case but its reopening and its alerts' withdrawals", () => {
    const told = new ToldCase();
    told.person("ann", { command: "set-disposition", disposition: "confirmed-fraud" });
    told.person("ann", { command: "close" });
    const comment = { ...(told.events[1] as CaseEvent), version: 4, previousHash: told.state.lastHash };
    expect(() => evolve(told.state, comment)).toThrow("the case is closed");
  });
});
