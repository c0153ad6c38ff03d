// A bug here shows a client more than it asked for, or takes a cursor for another.

import { describe, expect, it } from "vitest";
import { parseCursor } from "../../../src/feed/cursor.ts";
import type { FeedEvent } from "../../../src/feed/feed-event.ts";
import { passes, readFeedQuery } from "../../../src/feed/feed-query.ts";

const event: FeedEvent = {
  seq: 1,
  kind: "alert",
  topic: "alerts.v1",
  partition: 0,
  offset: 0,
  account: "acct-1",
  rule: "card-testing",
  severity: "high",
  data: "{}",
};

function filterOf(query: Record<string, unknown>) {
  const read = readFeedQuery(query);
  if ("code" in read) throw new Error(read.detail);
  return read.filter;
}

describe("a query", () => {
  it.each([
    [{}, true],
    [{ topics: "alerts,cases" }, true],
    [{ topics: "transactions" }, false],
    [{ account: "acct-1" }, true],
    [{ account: "acct-2" }, false],
    [{ account: "acct-1", rule: "card-testing", severity: "high" }, true],
    [{ account: "acct-1", rule: "velocity-burst" }, false],
    [{ severity: "low" }, false],
  ])("%j lets an alert pass: %j", (query, expected) => {
    expect(passes(filterOf(query), event)).toBe(expected);
  });

  it("by rule leaves out what has no rule, and without topics what carries everything", () => {
    expect(passes(filterOf({ rule: "card-testing" }), { ...event, rule: null })).toBe(false);
    for (const kind of ["transaction", "aggregate"] as const) {
      expect(passes(filterOf({}), { ...event, kind })).toBe(false);
    }
    for (const kind of ["notification", "case", "dead-letter"] as const) {
      expect(passes(filterOf({}), { ...event, kind })).toBe(true);
    }
  });

  it.each([
    [{ topics: "" }, "invalid-feed-query"],
    [{ topics: "alerts,everything" }, "invalid-feed-query"],
    [{ topic: "alerts" }, "invalid-feed-query"],
    [{ account: "" }, "invalid-feed-query"],
    [{ account: ["a", "b"] }, "invalid-feed-query"],
    [{ account: "a b" }, "invalid-feed-query"],
    [{ severity: "severe" }, "invalid-feed-query"],
    [{ figures: "no" }, "invalid-feed-query"],
    [{ cursor: "latest" }, "invalid-cursor"],
    [{ cursor: "" }, "invalid-cursor"],
  ])("%j is refused: a filter that is ignored shows too much", (query, code) => {
    expect(readFeedQuery(query)).toMatchObject({ code });
  });

  it("starts now, at the earliest, at its cursor, or where an EventSource was", () => {
    const startOf = (query: object, lastEventId?: string) => {
      const read = readFeedQuery(query, lastEventId);
      return "code" in read ? read.code : read.start;
    };
    expect(startOf({})).toBe("now");
    expect(startOf({ cursor: "earliest" })).toBe("earliest");
    expect(startOf({ cursor: "e1.7" })).toEqual({ epoch: "e1", seq: 7 });
    expect(startOf({ cursor: "e1.7" }, "e1.9")).toEqual({ epoch: "e1", seq: 9 });
    expect(startOf({}, "x")).toBe("invalid-cursor");
  });
});

describe("a cursor", () => {
  it.each([
    "",
    "e1",
    "e1.",
    ".1",
    "e1.01",
    "e1.-1",
    "e1.1.1",
    "e1.9007199254740993",
    "e 1.1",
    "e1.1 ",
    "Earliest",
  ])("is never %j", (text) => {
    expect(parseCursor(text)).toBeUndefined();
  });
});
