// A bug here has two services refuse in two shapes, or a client hammer one that asked for a pause.

import { describe, expect, it } from "vitest";
import { problemHeaders, problemMembers } from "../../../src/http/problem-details.ts";

const registry = {
  "not-found": { status: 404, title: "There is no such thing" },
  busy: { status: 503, title: "There is too much to do" },
} as const;

describe("a problem", () => {
  it("has its members in one order, its own before the request's id", () => {
    const problem = {
      code: "not-found",
      detail: "No case has this id.",
      members: { currentVersion: 3 },
    } as const;
    expect(JSON.stringify(problemMembers(registry, problem, "req-7"))).toBe(
      '{"type":"urn:riffle:problem:not-found","title":"There is no such thing","status":404,"code":"not-found",' +
        '"detail":"No case has this id.","currentVersion":3,"requestId":"req-7"}',
    );
    expect(JSON.stringify(problemMembers(registry, problem))).not.toContain("requestId");
  });

  it("is of the media type of RFC 9457, with the headers it brings", () => {
    const problem = { code: "not-found", detail: "", headers: { allow: "GET" } } as const;
    expect(problemHeaders(registry, problem)).toEqual({
      "content-type": "application/problem+json; charset=utf-8",
      allow: "GET",
    });
  });

  it("of status 503 says when to come again: in a second, or when it says itself", () => {
    expect(problemHeaders(registry, { code: "busy", detail: "" })["retry-after"]).toBe("1");
    const problem = { code: "busy", detail: "", headers: { "retry-after": "5" } } as const;
    expect(problemHeaders(registry, problem)["retry-after"]).toBe("5");
  });
});
