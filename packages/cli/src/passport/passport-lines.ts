// A transaction's passport as a person reads it: where it was and when, what it counted in, what it took part in, who was
// told.

import { formatMoney } from "@riffle/contracts";
import { membersOf, numberIn, objectsIn, textIn } from "../http/json-reading.ts";
import { printable, printableTime } from "../terminal/printable.ts";
import { tableLines } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Members = Readonly<Record<string, unknown>>;
type Painter = Pick<Terminal, "paint">;

/** Lines of the passport, as the console answers it. */
export const passportLines = (body: unknown, terminal: Painter): string[] => {
  const passport = membersOf(body);
  return [
    ...headLines(passport, terminal),
    ...section("hops", hopLines(objectsIn(passport["hops"])), terminal),
    ...section("windows", windowLines(objectsIn(passport["windows"])), terminal),
    ...section("missed windows", objectsIn(passport["late"]).flatMap(lateLines), terminal),
    ...section("patterns", objectsIn(passport["patterns"]).map(patternLine), terminal),
    ...section(
      "alerts",
      objectsIn(passport["alerts"]).map((alert) => alertSentence(alert)),
      terminal,
    ),
    ...section("told", objectsIn(passport["deliveries"]).map(deliveryLine), terminal),
    ...section("dead letter", deadLetterLines(membersOf(passport["deadLetter"])), terminal),
  ];
};

const section = (title: string, lines: readonly string[], { paint }: Painter): string[] =>
  lines.length === 0 ? [] : ["", paint("bold", title), ...lines.map((line) => `  ${line}`)];

const text = (members: Members, name: string, otherwise = "-"): string =>
  printable(textIn(members, name) ?? otherwise);

/** Money where both of its parts are there. */
export const moneyIn = (members: Members, amount = "amount"): string => {
  const [value, currency] = [numberIn(members, amount), textIn(members, "currency")];
  if (value === undefined || currency === undefined) return "-";
  try {
    return formatMoney(value, currency);
  } catch {
    return `${value} ${printable(currency)}`;
  }
};

const statusPaint = {
  screened: "green",
  rejected: "yellow",
  "dead-lettered": "red",
  received: "cyan",
} as const;

const headLines = (passport: Members, { paint }: Painter): string[] => {
  const transaction = membersOf(passport["transaction"]);
  const status = text(passport, "status");
  const color = statusPaint[status as keyof typeof statusPaint] ?? "cyan";
  const facts = ["type", "channel", "country", "merchantId"].flatMap((name) =>
    textIn(transaction, name) === undefined ? [] : [text(transaction, name)],
  );
  return [
    `${paint("bold", text(passport, "id"))}  ${paint(color, status)}`,
    `account ${text(passport, "accountId")}, ${moneyIn(transaction)}, at ${text(transaction, "occurredAt")}`,
    ...(facts.length === 0 ? [] : [facts.join(", ")]),
    ...(textIn(passport, "traceId") === undefined ? [] : [`trace ${text(passport, "traceId")}`]),
    ...othersLine(objectsIn(passport["others"])),
  ];
};

const othersLine = (others: readonly Members[]): string[] =>
  others.length === 0
    ? []
    : [`also used by ${others.map((other) => text(other, "accountId")).join(", ")}: see --account`];

const hopLines = (hops: readonly Members[]): string[] =>
  hops.length === 0
    ? []
    : tableLines(
        ["STAGE", "SERVICE", "RECORD", "HANDLED AT", "AFTER", ""],
        hops.map((hop) => [
          text(hop, "stage"),
          text(hop, "service"),
          `${text(hop, "topic")}/${text(hop, "partition")}/${text(hop, "offset")}`,
          timeIn(hop, "atMs"),
          numberIn(hop, "sincePreviousMs") === undefined ? "-" : `${numberIn(hop, "sincePreviousMs")} ms`,
          text(hop, "reason", text(hop, "alertId", "")),
        ]),
      );

const timeIn = (members: Members, name: string): string => {
  const ms = numberIn(members, name);
  return ms === undefined ? text(members, name) : printableTime(ms);
};

const windowLines = (windows: readonly Members[]): string[] =>
  windows.length === 0
    ? []
    : tableLines(
        ["WINDOW", "FROM", "TO", "COUNT", "SUM", "AVERAGE", ""],
        windows.map((window) => [
          text(window, "kind"),
          timeIn(window, "start"),
          timeIn(window, "end"),
          text(window, "count"),
          moneyIn(window, "sum"),
          averageOf(window),
          window["final"] === true ? "final" : "open",
        ]),
      );

/** An average has fractions of minor units; a person reads it rounded to them. */
const averageOf = (window: Members): string =>
  moneyIn({ ...window, average: Math.round(numberIn(window, "average") ?? Number.NaN) }, "average");

const lateLines = (late: Members): string[] =>
  objectsIn(late["windows"]).map(
    (window) => `${text(window, "kind")}  ${timeIn(window, "start")} to ${timeIn(window, "end")}`,
  );

const patternLine = (pattern: Members): string =>
  `${text(pattern, "rule")} v${text(pattern, "ruleVersion")}: ${text(pattern, "stepName")}, step ${text(pattern, "step")} of ${text(pattern, "steps")}, ${text(pattern, "status")} as ${text(pattern, "alertId")}`;

/** One alert on one line. */
export const alertSentence = (alert: Members): string =>
  `${text(alert, "severity")}  ${text(alert, "status")}  ${text(alert, "rule")}  ${text(alert, "id")}  ${text(alert, "reason")}`;

/** One outcome on one line. */
export const deliveryLine = (delivery: Members): string => {
  const attempts = objectsIn(delivery["attempts"]);
  const reason = textIn(delivery, "reason") === undefined ? "" : ` (${text(delivery, "reason")})`;
  const last = attempts.at(-1);
  const when = last === undefined ? "" : ` at ${text(last, "at")}`;
  return `${text(delivery, "channel")}: ${text(delivery, "outcome")}${reason} after ${attempts.length === 1 ? "1 attempt" : `${attempts.length} attempts`}${when}`;
};

const deadLetterLines = (letter: Members): string[] =>
  textIn(letter, "topic") === undefined
    ? []
    : [
        `${text(letter, "topic")}/${text(letter, "partition")}/${text(letter, "offset")}  ${text(letter, "reasonCode")}  ${text(letter, "message", "")}`,
      ];
