// A bug here adds a recipient through a merchant's name, or shows its markup to the reader.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emailText } from "../../../src/channels/email-text.ts";
import { anAlert } from "../alerts.ts";
import { aMessage, notificationId } from "./surroundings.ts";

describe("an e-mail", () => {
  it("says who, what and why, and how to find it again", () => {
    const { subject, text } = emailText(aMessage());
    expect(subject).toBe("[Riffle] ALERT card-testing acc_42");
    expect(text.split("\n")).toEqual([
      "ALERT card-testing acc_42",
      "",
      "3 purchases under 100.00 EUR, then 1,200.00 EUR within 2 min 10 s",
      "",
      "Account: acc_42",
      "Rule: card-testing, version 1, severity high",
      "Payment: 1,200.00 EUR",
      "From: 2026-03-01T12:02:10.000Z",
      "To: 2026-03-01T12:02:10.000Z",
      "Transactions: t1 (large)",
      `Alert: ${anAlert("t1").id}`,
      `Notification: ${notificationId}, number 7 for this account`,
      "",
    ]);
  });

  it("says that an alert was withdrawn", () => {
    const { subject } = emailText(aMessage({ alert: anAlert("t1", "acc_42", "withdrawn") }));
    expect(subject).toBe("[Riffle] WITHDRAWN card-testing acc_42");
  });

  it("names twenty transactions, each with its step, and counts the others", () => {
    const [evidence] = anAlert("t1").evidence;
    const many = Array.from({ length: 25 }, (_, n) => ({ ...(evidence ?? {}), id: `t${n}` }));
    const alert = {
      ...anAlert("t1"),
      evidence: many as typeof anAlert extends () => infer A ? A : never[],
      evidenceSteps: many.map((_, n) => (n < 19 ? "small" : "large")),
    };
    expect(emailText(aMessage({ alert })).text).toContain("t18 (small), t19 (large), and 5 more");
  });

  it("is one line of subject and no markup but its own, whatever the alert says", () => {
    const hostile = fc.oneof(
      fc.string({ unit: fc.integer({ min: 0, max: 0x3000 }).map((point) => String.fromCodePoint(point)) }),
      fc.constantFrom(
        "x\r\nBcc: thief@evil.example",
        "<img src=x onerror=alert(1)>",
        '"><script>alert(1)</script>',
        "a\u2028Bcc: b",
        "&lt;b&gt;",
      ),
    );
    const tagsOf = (html: string): string => [...new Set(html.match(/<[^>]*>/g))].join("");
    const ownTags = tagsOf(emailText(aMessage()).html);
    const isHarmless = (accountId: string, reason: string): boolean => {
      const { subject, text, html } = emailText(aMessage({ alert: { ...anAlert("t1"), accountId, reason } }));
      const isOneLine = !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(subject);
      return isOneLine && text.split("\n").length === 13 && tagsOf(html) === ownTags;
    };
    fc.assert(fc.property(hostile, hostile, isHarmless));
  });
});
