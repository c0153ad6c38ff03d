// A bug here would look like a page that stays empty for good after a restart of the console, or one that says nothing of why.

import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, get, isNotThere, keepToken, post } from "../../../dashboard/src/api/client.ts";

afterEach(() => {
  keepToken(null);
  vi.unstubAllGlobals();
});

/** What is answered to whatever is asked; what was asked. */
function answering(answer: () => Response | Promise<Response>): readonly Request[] {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    asked.push(new Request(new URL(path, "http://console.test"), init));
    return await answer();
  });
  return asked;
}

const problemOf = async (call: Promise<unknown>): Promise<unknown> =>
  await call.then(
    () => "no problem",
    (error: unknown) => (error instanceof ApiProblem ? [error.status, error.code] : error),
  );

describe("what a page is told", () => {
  it("is the answer, and nothing where there is none", async () => {
    answering(() => Response.json({ items: [] }));
    expect(await get("/v1/alerts")).toEqual({ items: [] });
    answering(() => new Response(null, { status: 204 }));
    expect(await get("/v1/session")).toBeUndefined();
  });

  it("is what the console refuses, by its code", async () => {
    answering(() => Response.json({ code: "role-missing", title: "no", detail: "no" }, { status: 403 }));
    expect(await problemOf(get("/v1/audit"))).toEqual([403, "role-missing"]);
  });

  it.each<[string, () => Response | Promise<Response>, string]>([
    ["no answer", () => Promise.reject(new TypeError("fetch failed")), "unreachable"],
    [
      "an answer that ends early",
      () => new Response(new ReadableStream({ start: (body) => body.error(new TypeError("terminated")) })),
      "unreachable",
    ],
    ["a page of a proxy", () => new Response("<h1>Maintenance</h1>"), "not-the-console"],
  ])("is a problem that passes for %s, so that it asks again", async (_, answer, code) => {
    answering(answer);
    expect(await problemOf(get("/v1/status"))).toEqual([0, code]);
  });

  it.each([
    [404, true],
    [403, true],
    [401, false],
    [500, false],
    [503, false],
  ])("with %i says that there is no such thing: %s", async (status, isSaid) => {
    answering(() => Response.json({}, { status }));
    const problem = await get("/v1/cases/cs_1").catch((error: unknown) => error);
    expect(problem instanceof ApiProblem && isNotThere(problem)).toBe(isSaid);
  });

  it("is nothing once the page has gone on", async () => {
    const aborted = new AbortController();
    aborted.abort();
    answering(() => Promise.reject(aborted.signal.reason));
    expect(await problemOf(get("/v1/status", aborted.signal))).toBe(aborted.signal.reason);
  });
});

it("what changes something carries the token of the session, and what reads does not", async () => {
  const asked = answering(() => Response.json({}));
  keepToken("t-1");
  await post("/v1/scenario", { name: "card-testing" });
  await get("/v1/scenario");
  expect(asked.map(({ headers }) => headers.get("x-csrf-token"))).toEqual(["t-1", null]);
});
