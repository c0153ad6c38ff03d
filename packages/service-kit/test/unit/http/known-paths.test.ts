// A bug here calls a path unknown that exists, or tells a client to use a method that its path does not take.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KnownPaths } from "../../../src/http/known-paths.ts";

const paths = new KnownPaths();
for (const [method, url] of [
  ["GET", "/v1/cases"],
  ["HEAD", "/v1/cases"],
  ["GET", "/v1/cases/:id"],
  ["POST", "/v1/cases/:id/commands"],
  ["POST", "/v1/cases/batch"],
  [["DELETE", "POST"], "/v1/session"],
  ["GET", "/assets/*"],
  ["GET", "/*"],
  ["GET", "/docs/"],
] as const)
  paths.add({ method, url });

describe("a path", () => {
  it.each([
    ["/v1/cases", "GET, HEAD"],
    ["/v1/cases?state=open", "GET, HEAD"],
    ["/v1/cases/c-1", "GET"],
    ["/v1/cases/c-1/commands", "POST"],
    ["/v1/cases/batch", "POST"],
    ["/v1/session", "DELETE, POST"],
    ["/assets/a.js", "GET"],
    ["/assets/a/b.js", "GET"],
    ["/docs/", "GET"],
  ])("%s takes %s", (url, allow) => expect(paths.allow(url, "TRACE")).toBe(allow));

  it.each([
    "",
    "/",
    "*",
    "/v1",
    "/v1/",
    "/v1/cases/",
    "/v1//commands",
    "/v1/cases/c-1/",
    "/v1/cases/c-1/notes",
    "/v2/cases",
    "/V1/cases",
    "/assets",
    "/docs",
    "/:id",
  ])("%j is one that no route has", (url) => expect(paths.allow(url, "GET")).toBeUndefined());

  it("that takes the method is not there for another reason, a missing file's: it needs no other method", () => {
    expect(paths.allow("/assets/none.js", "GET")).toBeUndefined();
    expect(paths.allow("/assets/none.js", "HEAD")).toBe("GET");
  });

  it("is the one whose words stand first, whatever the order in which routes are added", () => {
    const routes = [
      { method: "GET", url: "/a/:x/:y" },
      { method: "PUT", url: "/a/b/:y" },
      { method: "POST", url: "/a/:x/c" },
      { method: "PATCH", url: "/a/b/c" },
      { method: "DELETE", url: "/a/*" },
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(routes, { minLength: routes.length }), (shuffled) => {
        const known = new KnownPaths();
        for (const route of shuffled) known.add(route);
        const answers = ["/a/b/c", "/a/b/z", "/a/z/c", "/a/z/z", "/a/b/c/d", "/a/"].map((url) =>
          known.allow(url, "TRACE"),
        );
        expect(answers).toEqual(["PATCH", "PUT", "POST", "GET", "DELETE", "DELETE"]);
      }),
    );
  });
});

describe("a route", () => {
  it.each(["/v1/:a-:b", "/v1/:id(\\d+)", "/v1/*/x", "/v1/a*", "/v1/:id?"])(
    "with the pattern %s is refused: what it takes could not be told",
    (url) => expect(() => new KnownPaths().add({ method: "GET", url })).toThrow(url),
  );
});
