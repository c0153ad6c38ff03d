// A bug here would look like: a sentence of somebody else's making on the sign-in page, or a sign-in that forgets where one was.

import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { noticeOf, signInHref } from "../../../dashboard/src/shell/sign-in-notice.ts";
import { pathWithNotice, returnPath } from "../../../src/access/sign-in/return-path.ts";

describe("the notice of a sign-in", () => {
  it.each([
    "sign-in-denied",
    "sign-in-expired",
    "sign-in-refused",
    "role-missing",
    "authority-unreachable",
    "login-too-often",
  ])("has a sentence for %s, and leaves the address as it was", (code) => {
    const { sentence, address } = noticeOf(pathWithNotice("/alerts?rule=card-testing", code));
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(address).toBe("/alerts?rule=card-testing");
  });

  it("shows no text of the address", () => {
    assert(
      property(string(), (code) => {
        expect(noticeOf(`/?sign-in=${encodeURIComponent(code)}`)).toEqual({
          sentence: undefined,
          address: "/",
        });
      }),
    );
    expect(noticeOf("/?sign-in=__proto__").sentence).toBeUndefined();
    expect(noticeOf("/?sign-in=constructor").sentence).toBeUndefined();
  });

  it("is none where nothing is said, and the address stays letter by letter", () => {
    expect(noticeOf("/search?q=a+b%20c")).toEqual({ sentence: undefined, address: "/search?q=a+b%20c" });
  });
});

it("signing in leads back to the page that one was on", () => {
  for (const address of [
    "/",
    "/alerts?rule=a%26b&status=open",
    "/accounts/a%2Fb",
    "/cases?sign-in=role-missing",
  ]) {
    const to = new URL(signInHref(address), "http://console").searchParams.get("to");
    expect(returnPath(to)).toBe(noticeOf(address).address);
  }
});
