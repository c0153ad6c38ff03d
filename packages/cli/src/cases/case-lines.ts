// Cases as people read them.

import { membersOf, numberIn, objectsIn, textIn } from "../http/json-reading.ts";
import { printable } from "../terminal/printable.ts";
import { pairLines, tableLines } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Members = Readonly<Record<string, unknown>>;

const cell = (members: Members, name: string): string => printable(textIn(members, name) ?? "-");

/** A table of cases. */
export const caseTable = (items: readonly Members[]): string[] =>
  tableLines(
    ["CASE", "STATUS", "SEVERITY", "ACCOUNT", "ALERTS", "ASSIGNEE", "DISPOSITION", "VERSION", "UPDATED"],
    items.map((item) => [
      cell(item, "id"),
      cell(item, "status"),
      cell(item, "severity"),
      cell(item, "accountId"),
      cell(item, "alerts"),
      cell(item, "assignee"),
      cell(item, "disposition"),
      cell(item, "version"),
      cell(item, "updatedAt"),
    ]),
  );

/** One case with its history. */
export const caseLines = (body: unknown, { paint }: Pick<Terminal, "paint">): string[] => {
  const { case: of, events } = membersOf(body);
  const one = membersOf(of);
  const ids = (name: string): string => {
    const list = one[name];
    return Array.isArray(list) && list.length > 0 ? list.map((id) => printable(String(id))).join(", ") : "-";
  };
  return [
    ...pairLines([
      ["case", cell(one, "id")],
      ["status", cell(one, "status")],
      ["account", cell(one, "accountId")],
      ["severity", cell(one, "severity")],
      ["assignee", cell(one, "assignee")],
      ["disposition", cell(one, "disposition")],
      ["alerts", ids("alertIds")],
      ["linked to", ids("linkedCaseIds")],
      ["version", cell(one, "version")],
    ]),
    "",
    paint("bold", "history"),
    ...tableLines(
      ["  VERSION", "AT", "BY", "WHAT", ""],
      objectsIn(events).map((event) => [
        `  ${cell(event, "version")}`,
        cell(event, "at"),
        cell(event, "by"),
        cell(event, "type"),
        detailOf(event),
      ]),
    ),
  ];
};

/** How to see what a part of a history leaves out; undefined where it is the whole of it. */
export const historyNote = (body: unknown): string | undefined => {
  const { events, ...answer } = membersOf(body);
  const first = objectsIn(events).map((event) => numberIn(event, "version"))[0] ?? 1;
  const next = numberIn(answer, "next");
  const ways = [
    ...(first > 1 ? ["--from 1 shows it from its beginning"] : []),
    ...(next === undefined ? [] : [`--from ${next} shows what comes after this`]),
  ];
  return ways.length === 0 ? undefined : `Shown is a part of the history; ${ways.join(", ")}.`;
};

const details = ["text", "assignee", "disposition", "reason", "linkedCaseId", "alertId"];

const detailOf = (event: Members): string =>
  details.flatMap((name) => (textIn(event, name) === undefined ? [] : [cell(event, name)])).join(", ");
