// `riffle alerts list` and `riffle alerts show`: what the console knows of alerts.

import { alertSeverities, alertStatuses } from "@riffle/contracts";
import {
  type Call,
  type Command,
  consoleOptions,
  jsonDocumentOption,
  jsonOption,
  limitDefault,
} from "../command.ts";
import { ConsoleClient } from "../http/console-client.ts";
import { membersOf, objectsIn, textIn, textsIn } from "../http/json-reading.ts";
import { listed } from "../http/pages.ts";
import { choiceOption, countOption, sinceOption, textOption } from "../option-values.ts";
import { deliveryLine, moneyIn } from "../passport/passport-lines.ts";
import { findConsole } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";
import { pairLines, tableLines } from "../terminal/table.ts";
import { oneId } from "./explain.ts";

export const alertsList: Command = {
  name: "alerts list",
  summary: "alerts, the newest first",
  about: ["Lists the alerts that the console has read, and the case that each is part of."],
  options: {
    account: { value: "<id>", help: "only this account" },
    rule: { value: "<name>", help: "only this rule, such as card-testing" },
    severity: { value: "<severity>", help: alertSeverities.join(", "), choices: alertSeverities },
    status: { value: "<status>", help: alertStatuses.join(", "), choices: alertStatuses },
    since: { value: "<ago|time>", help: "only those from then on: 5m, 2h, 2026-03-01T12:00:00Z" },
    limit: { value: "<n>", help: `at most so many; default ${limitDefault}` },
    ...jsonOption,
    ...consoleOptions,
  },
  examples: ["alerts list", "alerts list --severity high --since 1h", "alerts list --account acct-1 --json"],
  run: list,
};

export const alertsShow: Command = {
  name: "alerts show",
  summary: "one alert with its evidence, its history and who was told",
  operands: "<alert id>",
  about: [
    "Shows the transactions that caused the alert, in order, each with the step of the rule that took it.",
  ],
  options: { ...jsonDocumentOption, ...consoleOptions },
  examples: ["alerts show al_0123456789abcdef0123456789abcdef"],
  run: show,
};

async function list(call: Call): Promise<number> {
  const { terminal } = call;
  const sinceMs = sinceOption(call, "since", Date.now());
  const query = {
    account: textOption(call, "account"),
    rule: textOption(call, "rule"),
    severity: choiceOption(call, "severity", alertSeverities),
    status: choiceOption(call, "status", alertStatuses),
    since: sinceMs === undefined ? undefined : new Date(sinceMs).toISOString(),
  };
  const limit = countOption(call, "limit", limitDefault);
  const { items, hasMore } = await listed(new ConsoleClient(findConsole(call)), "/v1/alerts", query, limit);
  if (call.options["json"] === true) for (const item of items) terminal.out(jsonText(item));
  else if (items.length === 0) terminal.out("No alerts.");
  else for (const line of alertLines(items)) terminal.out(line);
  if (hasMore) terminal.note(`Shown are the newest ${items.length}; --limit shows more.`);
  return 0;
}

const cell = (members: Readonly<Record<string, unknown>>, name: string): string =>
  printable(textIn(members, name) ?? "-");

const alertLines = (items: readonly Readonly<Record<string, unknown>>[]): string[] =>
  tableLines(
    ["ALERT", "SEVERITY", "STATUS", "RULE", "ACCOUNT", "AMOUNT", "LAST CAUSE", "CASE"],
    items.map((item) => [
      cell(item, "id"),
      cell(item, "severity"),
      cell(item, "status"),
      cell(item, "rule"),
      cell(item, "accountId"),
      moneyIn(item),
      cell(item, "lastAt"),
      cell(item, "caseId"),
    ]),
  );

async function show(call: Call): Promise<number> {
  const { terminal } = call;
  const id = oneId(call, "`riffle alerts show` takes one alert id.");
  const body = await new ConsoleClient(findConsole(call)).get(`/v1/alerts/${encodeURIComponent(id)}`);
  if (call.options["json"] === true) {
    terminal.out(jsonText(body));
    return 0;
  }
  const { alert, history, deliveries, ...rest } = membersOf(body);
  const of = membersOf(alert);
  const evidence = objectsIn(of["evidence"]);
  const steps = textsIn(of["evidenceSteps"]);
  const lines = [
    ...pairLines([
      ["alert", cell(of, "id")],
      ["rule", `${cell(of, "rule")} v${cell(of, "ruleVersion")}`],
      ["severity", cell(of, "severity")],
      ["status", cell(of, "status")],
      ["account", cell(of, "accountId")],
      ["reason", cell(of, "reason")],
      ["case", cell(rest, "caseId")],
    ]),
    "",
    terminal.paint("bold", "evidence"),
    ...tableLines(
      ["  TRANSACTION", "STEP", "AT", "AMOUNT", "TYPE", "COUNTRY"],
      evidence.map((one, i) => [
        `  ${cell(one, "id")}`,
        `${printable(steps[i] ?? "-")}, ${i + 1} of ${evidence.length}`,
        cell(one, "occurredAt"),
        moneyIn(one),
        cell(one, "type"),
        cell(one, "country"),
      ]),
    ),
    ...named("history", objectsIn(history).map(historyLine)),
    ...named("told", objectsIn(deliveries).map(deliveryLine)),
  ];
  for (const line of lines) terminal.out(line);
  return 0;

  function named(title: string, of: readonly string[]): string[] {
    return of.length === 0 ? [] : ["", terminal.paint("bold", title), ...of.map((line) => `  ${line}`)];
  }
}

const historyLine = (event: Readonly<Record<string, unknown>>): string => {
  const by = textIn(event, "changedBy");
  return `${cell(event, "status")} at ${printable(textIn(event, "eventTime") ?? textIn(event, "lastAt") ?? "-")}${by === undefined ? "" : `, on transaction ${printable(by)}`}`;
};
