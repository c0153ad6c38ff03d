// An alert as an e-mail: subject, text and HTML. Pure.
//
//   M1. Nothing of an alert can add a header or a line to one: control characters become spaces here, although the
//       contract keeps them out already.
//   M2. Nothing of an alert is markup: every value is escaped where HTML is written.

import { formatMoney } from "@riffle/contracts";
import type { Message } from "./channel.ts";
import { evidenceText } from "./evidence-text.ts";

/** The parts of an e-mail that depend on the message. */
export interface EmailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const subjectCharsMax = 200;

/** The e-mail for a message. */
export const emailText = ({ alert, sequence, notificationId }: Message): EmailText => {
  const title = `${alert.status === "withdrawn" ? "WITHDRAWN" : "ALERT"} ${alert.rule} ${alert.accountId}`;
  const rows = [
    ["Account", alert.accountId],
    ["Rule", `${alert.rule}, version ${alert.ruleVersion}, severity ${alert.severity}`],
    ["Payment", formatMoney(alert.amount, alert.currency)],
    ["From", alert.firstAt],
    ["To", alert.lastAt],
    ["Transactions", evidenceText(alert)],
    ["Alert", alert.id],
    ["Notification", `${notificationId}, number ${sequence} for this account`],
  ].map((cells) => cells.map(oneLine));
  const reason = oneLine(alert.reason);
  const text = [oneLine(title), "", reason, "", ...rows.map(([name, value]) => `${name}: ${value}`), ""];
  const cells = rows.map(
    ([name = "", value = ""]) => `<tr><th align="left">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return {
    subject: [...`[Riffle] ${oneLine(title)}`].slice(0, subjectCharsMax).join(""),
    text: text.join("\n"),
    html: `<!doctype html><html><body><h2>${escaped(oneLine(title))}</h2><p>${escaped(reason)}</p><table>${cells.join("")}</table></body></html>`,
  };
};

const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
