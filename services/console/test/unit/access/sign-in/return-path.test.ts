// A bug here sends somebody who has just signed in to a page that looks like ours.

import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { pathWithNotice, returnPath } from "../../../../src/access/sign-in/return-path.ts";

const pieces = constantFrom(
  "/",
  "\\",
  ".",
  "..",
  "\t",
  "\n",
  "\r",
  "%2f",
  "@",
  ":",
  "//",
  "https:",
  "evil.example",
  "?",
  "#",
  "&",
  "v1",
);
const addresses = oneof(
  string(),
  string({ unit: "binary" }),
  array(pieces).map((found) => `/${found.join("")}`),
);

describe("the page after signing in", () => {
  it("is a path of this host, whatever was asked for, as browsers read it", () => {
    assert(
      property(addresses, (asked) => {
        for (const path of [returnPath(asked), pathWithNotice(returnPath(asked), "sign-in-denied")]) {
          const base = "https://console.example/v1/session/oidc/callback";
          expect(new URL(path, base).origin).toBe("https://console.example");
          expect(path).toMatch(/^\/(?![/\\])[!-~]*$/);
          expect(new URL(path, base).pathname).not.toMatch(/^\/v1(\/|$)/i);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["/", "/"],
    ["/alerts?rule=card-testing&status=open", "/alerts?rule=card-testing&status=open"],
    ["/accounts/a%2Fb", "/accounts/a%2Fb"],
    ["/alerts?sign-in=sign-in-denied", "/alerts"],
    ["/cases#x", "/cases"],
    [undefined, "/"],
    [["/alerts", "/cases"], "/"],
  ])("asked for as %j is %s", (asked, path) => {
    expect(returnPath(asked)).toBe(path);
  });

  it("says once why somebody was refused", () => {
    expect(pathWithNotice("/alerts?rule=x", "role-missing")).toBe("/alerts?rule=x&sign-in=role-missing");
    expect(pathWithNotice("/?sign-in=a", "b")).toBe("/?sign-in=b");
  });
});
