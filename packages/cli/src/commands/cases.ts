// `riffle cases list`, `show` and the commands on a case.

import { caseDispositions, caseIdPattern, caseStatuses } from "@riffle/contracts";
import { type CaseCommand, giveCommand } from "../cases/case-commands.ts";
import { caseLines, caseTable, historyNote } from "../cases/case-lines.ts";
import {
  type Call,
  type Command,
  consoleOptions,
  jsonDocumentOption,
  jsonOption,
  limitDefault,
} from "../command.ts";
import { CliError } from "../errors.ts";
import { ConsoleClient } from "../http/console-client.ts";
import { membersOf, textIn } from "../http/json-reading.ts";
import { listed } from "../http/pages.ts";
import { choiceOption, countOption, oneOf, textOption } from "../option-values.ts";
import { findConsole } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";

export const casesList: Command = {
  name: "cases list",
  summary: "fraud cases, those changed last first",
  about: [
    "Lists the cases that the console has read. An alert opens a case for its account, or joins the open one.",
  ],
  options: {
    status: { value: "<status>", help: caseStatuses.join(" or "), choices: caseStatuses },
    assignee: { value: "<name>", help: "only those assigned to this person" },
    account: { value: "<id>", help: "only this account" },
    limit: { value: "<n>", help: `at most so many; default ${limitDefault}` },
    ...jsonOption,
    ...consoleOptions,
  },
  examples: ["cases list --status open", "cases list --assignee ada --json"],
  run: list,
};

export const casesShow: Command = {
  name: "cases show",
  summary: "one case and its history, now or as it was",
  operands: "<case id>",
  about: [
    "Shows a case as it is, as it was at an instant (--as-of), or at one of its versions.",
    "Of a long history the newest part; --from shows another.",
  ],
  options: {
    "as-of": { value: "<time>", help: "as it was then, RFC 3339" },
    version: { value: "<n>", help: "as it was at that version" },
    from: { value: "<version>", help: "its history from that version on" },
    ...jsonDocumentOption,
    ...consoleOptions,
  },
  examples: [
    "cases show cs_0123456789abcdef0123456789abcdef",
    "cases show cs_0123456789abcdef0123456789abcdef --as-of 2026-03-01T12:00:00Z",
  ],
  run: show,
};

async function list(call: Call): Promise<number> {
  const { terminal } = call;
  const query = {
    status: choiceOption(call, "status", caseStatuses),
    assignee: textOption(call, "assignee"),
    account: textOption(call, "account"),
  };
  const limit = countOption(call, "limit", limitDefault);
  const { items, hasMore } = await listed(new ConsoleClient(findConsole(call)), "/v1/cases", query, limit);
  if (call.options["json"] === true) for (const item of items) terminal.out(jsonText(item));
  else if (items.length === 0) terminal.out("No cases.");
  else for (const line of caseTable(items)) terminal.out(line);
  if (hasMore) terminal.note(`Shown are ${items.length}; --limit shows more.`);
  return 0;
}

async function show(call: Call): Promise<number> {
  const { terminal } = call;
  const [id] = caseAndMore(call, 0, "`riffle cases show` takes one case id.");
  const version = call.options["version"] === undefined ? undefined : countOption(call, "version", 1);
  const from = call.options["from"] === undefined ? undefined : countOption(call, "from", 1);
  const query = {
    asOf: textOption(call, "as-of"),
    version: version === undefined ? undefined : String(version),
    from: from === undefined ? undefined : String(from),
  };
  if (query.asOf !== undefined && version !== undefined)
    throw new CliError("CLI_USAGE", "Give --as-of or --version, not both.");
  const body = await new ConsoleClient(findConsole(call)).get(`/v1/cases/${id}`, query);
  if (call.options["json"] === true) terminal.out(jsonText(body));
  else for (const line of caseLines(body, terminal)) terminal.out(line);
  const part = historyNote(body);
  if (part !== undefined) terminal.note(part);
  return 0;
}

const caseIdExpression = new RegExp(caseIdPattern);

/** The case's id, and the words behind it. @throws CliError CLI_USAGE */
const caseAndMore = ({ operands }: Call, more: number, otherwise: string): [string, ...string[]] => {
  const [id, ...others] = operands;
  if (id === undefined || others.length !== more) throw new CliError("CLI_USAGE", otherwise);
  if (!caseIdExpression.test(id)) {
    const message = `"${printable(id)}" is no case's id; one is cs_ and 32 hexadecimal digits.`;
    throw new CliError("CLI_USAGE", message);
  }
  return [id, ...others];
};

/** What a command is made of. */
interface CommandSpec {
  readonly word: string;
  readonly summary: string;
  readonly about: string;
  /** How the word behind the case is written; none where there is none. */
  readonly argument?: string;
  readonly takesReason?: boolean;
  readonly example: string;
  readonly of: (argument: string) => CaseCommand;
}

const someCase = "cs_0123456789abcdef0123456789abcdef";
const commonOptions = {
  "expect-version": {
    value: "<n>",
    help: "the version you looked at: nothing is done if it is another by now",
  },
  ...jsonDocumentOption,
  ...consoleOptions,
} as const;

const commandFrom = ({ word, summary, about, argument, takesReason, example, of }: CommandSpec): Command => ({
  name: `cases ${word}`,
  summary,
  operands: `<case id>${argument === undefined ? "" : ` ${argument}`}`,
  about: [about],
  options: {
    ...(takesReason === true ? { reason: { value: "<text>", help: "why, for the history" } } : {}),
    ...commonOptions,
  },
  examples: [`cases ${word} ${someCase}${example === "" ? "" : ` ${example}`}`],
  run: async (call) => {
    const usage = `\`riffle cases ${word}\` takes a case id${argument === undefined ? "" : ` and ${argument}`}.`;
    const [id, word2 = ""] = caseAndMore(call, argument === undefined ? 0 : 1, usage);
    const reason = textOption(call, "reason");
    const command = { ...of(word2), ...(reason === undefined ? {} : { reason }) };
    const expected =
      call.options["expect-version"] === undefined ? undefined : countOption(call, "expect-version", 1);
    const body = await giveCommand(new ConsoleClient(findConsole(call)), id, command, expected);
    if (call.options["json"] === true) call.terminal.out(jsonText(body));
    else call.terminal.out(doneLine(body));
    return 0;
  },
});

const doneLine = (body: unknown): string => {
  const one = membersOf(membersOf(body)["case"]);
  const part = (name: string): string => printable(textIn(one, name) ?? "none");
  return `${part("id")} is at version ${part("version")}: ${part("status")}, assignee ${part("assignee")}, disposition ${part("disposition")}.`;
};

const specs: readonly CommandSpec[] = [
  {
    word: "assign",
    summary: "gives a case to a person, or with - to nobody",
    about: "Sets who works on the case.",
    argument: "<name>|-",
    example: "ada",
    of: (name) => ({ command: "assign", assignee: name === "-" ? null : name }),
  },
  {
    word: "comment",
    summary: "writes a comment into the history of a case",
    about: "Adds a comment, of up to 4,000 characters. It stays in the history for ever.",
    argument: "<text>",
    example: "checked-with-the-holder",
    of: (text) => ({ command: "comment", text }),
  },
  {
    word: "link",
    summary: "says that two cases belong together",
    about: "Links the first case to the second.",
    argument: "<case id>",
    example: "cs_fedcba9876543210fedcba9876543210",
    of: (caseId) => ({ command: "link", caseId }),
  },
  {
    word: "disposition",
    summary: "says what a case is: confirmed-fraud or false-positive",
    about: "Sets the disposition, which a case needs before it can be closed.",
    argument: caseDispositions.join("|"),
    takesReason: true,
    example: "false-positive",
    of: (text) => ({
      command: "set-disposition",
      disposition: oneOf(text, "The disposition", caseDispositions),
    }),
  },
  {
    word: "close",
    summary: "closes a case that has a disposition",
    about: "Closes the case. The next alert of its account opens a new one that names this one.",
    takesReason: true,
    example: "",
    of: () => ({ command: "close" }),
  },
  {
    word: "reopen",
    summary: "opens a closed case again",
    about: "Opens the case again, unless its account has another open one by now.",
    takesReason: true,
    example: "",
    of: () => ({ command: "reopen" }),
  },
];

/** Every command that changes a case. */
export const caseCommands: readonly Command[] = specs.map(commandFrom);
