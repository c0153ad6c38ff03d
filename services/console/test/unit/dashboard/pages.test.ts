// A bug here would look like: a link that leads nowhere, an alert twice in the list, a minute missing from the ledger, or a
// case that forgets for a moment what was just done to it.

import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { alertOf, mergeAlerts } from "../../../dashboard/src/alerts/newest-alerts.ts";
import { stepsText } from "../../../dashboard/src/alerts/steps-text.ts";
import type { AlertRow, Case, CaseEvent } from "../../../dashboard/src/api/wire.ts";
import { describeCaseEvent } from "../../../dashboard/src/cases/case-event-text.ts";
import { withWritten } from "../../../dashboard/src/cases/case-written.ts";
import { eventsAround, partText } from "../../../dashboard/src/cases/timeline-part.ts";
import { everyMinute } from "../../../dashboard/src/overview/ledger-minutes.ts";
import { hrefOf, routeOf } from "../../../dashboard/src/shell/route.ts";

describe("an address", () => {
  it.each([
    ["/", { page: "overview" }],
    ["/alerts?rule=card-testing", { page: "alerts", query: { rule: "card-testing" } }],
    ["/alerts/al_1", { page: "alert", id: "al_1" }],
    ["/cases", { page: "cases", query: {} }],
    ["/dead-letters", { page: "dead-letters" }],
    ["/search?q=tx-1", { page: "search", text: "tx-1" }],
    ["/accounts/", { page: "nowhere", path: "/accounts/" }],
    ["/no/such/page", { page: "nowhere", path: "/no/such/page" }],
  ])("%s is its page", (address, route) => {
    expect(routeOf(address)).toEqual(route);
  });

  it("of a thing leads to it, whatever its id", () => {
    assert(
      property(
        string({ minLength: 1 }).filter((id) => !/^\.{1,2}$/.test(id)),
        (id) => {
          const lone = !id.isWellFormed();
          if (!lone) expect(routeOf(hrefOf("transaction", id))).toEqual({ page: "transaction", id });
        },
      ),
    );
  });
});

const alert = (
  id: string,
  offset: number,
  status: "raised" | "withdrawn" = "raised",
  caseId: string | null = null,
) => ({ id, offset, partition: 0, status, caseId, atMs: 1_000 + offset, lastAt: "" }) as unknown as AlertRow;

describe("the steps of an alert", () => {
  it.each([
    [["small", "small", "small", "large"], "small ×3, large"],
    [["here", "there"], "here, there"],
    [["payment"], "payment"],
    [["a", "b", "b", "a"], "a, b ×2, a"],
  ])("%j are told as %s", (steps, text) => {
    expect(stepsText(steps)).toBe(text);
  });
});

describe("the newest alerts", () => {
  it("hold each alert once, with its newest event, in whatever order the two come", () => {
    const raised = alert("a", 1, "raised", "cs_1");
    const withdrawn = alert("a", 5, "withdrawn");
    for (const merged of [mergeAlerts([raised], [withdrawn], 9), mergeAlerts([withdrawn], [raised], 9)]) {
      expect(merged).toMatchObject([{ id: "a", status: "withdrawn", caseId: "cs_1" }]);
    }
  });

  it("are so many at most, the newest first", () => {
    const merged = mergeAlerts([alert("a", 1), alert("b", 2)], [alert("c", 3)], 2);
    expect(merged.map(({ id }) => id)).toEqual(["c", "b"]);
  });

  it("come from events about alerts alone", () => {
    const event = {
      type: "event",
      cursor: "e.1",
      topic: "t",
      partition: 2,
      offset: 7,
      data: { id: "a" },
    } as const;
    expect(alertOf({ ...event, kind: "alert" }, 5)).toMatchObject({
      id: "a",
      partition: 2,
      offset: 7,
      atMs: 5,
    });
    expect(alertOf({ ...event, kind: "case" }, 5)).toBeUndefined();
  });
});

describe("the minutes of the ledger", () => {
  it("have no holes and end with the present one", () => {
    const counted = [
      { minute: "2026-03-01T10:01:00Z", received: 3, screened: 2, rejected: 0, deadLettered: 0, gap: 1 },
      { minute: "2026-03-01T08:00:00Z", received: 9, screened: 9, rejected: 0, deadLettered: 0, gap: 0 },
    ];
    const minutes = everyMinute(counted, Date.parse("2026-03-01T10:02:59Z"), 3);
    expect(minutes.map(({ minute, received }) => [minute.slice(11, 16), received])).toEqual([
      ["10:00", 0],
      ["10:01", 3],
      ["10:02", 0],
    ]);
  });
});

const caseAt = (version: number) => ({ id: "cs_1", version }) as Case;
const eventAt = (version: number): CaseEvent => ({ type: "commented", version, at: "" });

describe("a case that was just changed", () => {
  const read = { case: caseAt(1), events: [eventAt(1)], next: null };

  it("shows the change before the read model does", () => {
    expect(withWritten(read, { case: caseAt(2), event: eventAt(2) })).toEqual({
      case: caseAt(2),
      events: [eventAt(1), eventAt(2)],
      next: null,
    });
  });

  it("is what was read once that is as new", () => {
    const later = { case: caseAt(3), events: [1, 2, 3].map(eventAt), next: null };
    expect(withWritten(later, { case: caseAt(2), event: eventAt(2) })).toBe(later);
  });

  it("adds no event over a gap, and none to another case", () => {
    expect(withWritten(read, { case: caseAt(3), event: eventAt(3) })?.events).toEqual([eventAt(1)]);
    const other = { case: { ...caseAt(9), id: "cs_2" }, event: eventAt(9) };
    expect(withWritten(read, other)).toBe(read);
  });
});

describe("the timeline of a long case", () => {
  const detail = { case: caseAt(300), events: [201, 250, 300].map(eventAt), next: null };
  const past = { case: caseAt(40), events: [1, 39, 40].map(eventAt), next: null };

  it("shows the newest events, and those of a version before them once these are there", () => {
    for (const version of [201, 300]) expect(eventsAround(detail, past, version)).toBe(detail.events);
    expect(eventsAround(detail, undefined, 40)).toBe(detail.events);
    expect(eventsAround(detail, past, 40)).toBe(past.events);
  });

  it("says which it shows where these are not all", () => {
    expect(partText(detail.events, 300)).toBe("201 to 300 of 300 events");
    expect(partText(past.events, 300)).toBe("1 to 40 of 300 events");
    expect(partText([1, 2].map(eventAt), 2)).toBe("2 events");
    expect(partText([], 1)).toBe("1 event");
  });
});

describe("an event of a case", () => {
  it.each([
    [
      { type: "opened", rule: "card-testing", alertId: "al_1" },
      { line: "opened by card-testing", alertId: "al_1" },
    ],
    [{ type: "assigned", assignee: null }, { line: "assigned to nobody" }],
    [{ type: "assigned", assignee: "ada" }, { line: "assigned to ada" }],
    [
      { type: "commented", text: "Yes." },
      { line: "commented", words: "Yes." },
    ],
    [
      { type: "linked", linkedCaseId: "cs_2" },
      { line: "linked to", caseId: "cs_2" },
    ],
    [
      { type: "disposition-set", disposition: "false-positive", reason: "Known." },
      { line: "judged false-positive", words: "Known." },
    ],
    [{ type: "closed" }, { line: "closed" }],
    [{ type: "of-a-newer-console", text: "?" }, { line: "of-a-newer-console" }],
  ])("%j is told", (event, told) => {
    expect(describeCaseEvent({ version: 1, at: "", ...event })).toEqual(told);
  });
});
