// A bug here looks like a page that shows everything because one letter of a parameter was wrong.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageOf, Query, QueryFault, writeCursor } from "../../../src/routes/query.ts";

const faultOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof QueryFault) return error.problem.code;
    throw error;
  }
  return "none";
};

describe("a query", () => {
  it("with a parameter that the path does not have is refused", () => {
    expect(faultOf(() => new Query({ limmit: "5" }, ["limit"]))).toBe("invalid-query");
    expect(faultOf(() => new Query({ limit: "5" }, ["limit"]))).toBe("none");
  });

  it.each([
    ["limit", "0"],
    ["limit", "501"],
    ["limit", "5.5"],
    ["limit", "-1"],
    ["limit", ""],
    ["since", "yesterday"],
    ["since", "2026-02-30T00:00:00Z"],
    ["severity", "huge"],
  ])("with %s=%s is refused", (name, value) => {
    const query = new Query({ [name]: value }, [name]);
    const read = {
      limit: () => query.limit(),
      since: () => query.instant("since", 0),
      severity: () => query.oneOf("severity", ["low"]),
    };
    expect(faultOf(read[name as keyof typeof read])).toBe("invalid-query");
  });

  it("that says a parameter twice is refused", () => {
    expect(faultOf(() => new Query({ account: ["a", "b"] }, ["account"]).text("account"))).toBe(
      "invalid-query",
    );
  });

  it("takes times in RFC 3339 and in epoch milliseconds", () => {
    const at = (text: string) => new Query({ since: text }, ["since"]).instant("since", 0);
    expect(at("2026-03-01T12:00:00Z")).toBe(Date.UTC(2026, 2, 1, 12));
    expect(at("1772366400000")).toBe(1_772_366_400_000);
  });
});

describe("a cursor", () => {
  it("comes back as it was given, and anything else is refused", () => {
    const after = (text: string) => new Query({ after: text }, ["after"]).after(["number", "string"]);
    fc.assert(
      fc.property(fc.nat(), fc.string(), (ms, id) => {
        expect(after(writeCursor([ms, id]))).toEqual([ms, id]);
      }),
      { numRuns: 50 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(faultOf(() => after(text))).toBe("invalid-cursor");
      }),
      { numRuns: 50 },
    );
    expect(faultOf(() => after(writeCursor(["a", 1])))).toBe("invalid-cursor");
  });

  it("is given where there is more, and not where the page is just full", () => {
    const page = (rows: readonly number[]) =>
      pageOf(rows, { limit: 2, item: String, place: (row) => [row] }).next;
    expect(page([1, 2])).toBeNull();
    expect(page([1, 2, 3])).toBe(writeCursor([2]));
  });

  it("is given where the items are too much for a page, of which one is shown however large it is", () => {
    const million = "x".repeat(1 << 20);
    let read = 0;
    const rows = function* (sizes: readonly number[]) {
      for (const [place, millions] of sizes.entries()) {
        read++;
        yield { place, text: million.repeat(millions) };
      }
    };
    const page = (...sizes: readonly number[]) => {
      read = 0;
      const { items, next } = pageOf(rows(sizes), {
        limit: 500,
        item: ({ place }) => place,
        place: ({ place }) => [place],
        text: ({ text }) => text,
      });
      return { items, next, read };
    };
    expect(page(1, 1, 1, 1, 1, 1)).toEqual({ items: [0, 1, 2, 3], next: writeCursor([3]), read: 5 });
    expect(page(9, 1, 1)).toEqual({ items: [0], next: writeCursor([0]), read: 2 });
    expect(page(1, 9)).toEqual({ items: [0], next: writeCursor([0]), read: 2 });
    expect(page(9)).toEqual({ items: [0], next: null, read: 1 });
  });
});
