// `riffle explain`: the passport of one transaction.

import { type Call, type Command, consoleOptions, jsonDocumentOption } from "../command.ts";
import { CliError } from "../errors.ts";
import { ConsoleClient } from "../http/console-client.ts";
import { textOption } from "../option-values.ts";
import { passportLines } from "../passport/passport-lines.ts";
import { findConsole } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";

export const explain: Command = {
  name: "explain",
  summary: "the passport of a transaction: every hop, window, pattern, alert and delivery",
  operands: "<transaction id>",
  about: [
    "Asks the console where the transaction was and when, which windows it counted in, at which step of which pattern it",
    "stood, what alerts came of it and who was told. What a role may not see is masked by the console.",
  ],
  options: {
    account: {
      value: "<id>",
      help: "where several accounts used the id: that of this one; default the newest",
    },
    ...jsonDocumentOption,
    ...consoleOptions,
  },
  examples: ["explain tx-1", "explain tx-1 --account acct-1 --json"],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal } = call;
  const id = oneId(call, "`riffle explain` takes one transaction id, such as tx-1.");
  const passport = await new ConsoleClient(findConsole(call)).get(
    `/v1/transactions/${encodeURIComponent(id)}`,
    { account: textOption(call, "account") },
  );
  if (call.options["json"] === true) terminal.out(jsonText(passport));
  else for (const line of passportLines(passport, terminal)) terminal.out(line);
  return 0;
}

const idExpression = /^[A-Za-z0-9._:-]{1,64}$/;

/** The one id that was typed. @throws CliError CLI_USAGE */
export const oneId = ({ operands }: Call, otherwise: string): string => {
  const [id, ...others] = operands;
  if (id === undefined || others.length > 0) throw new CliError("CLI_USAGE", otherwise);
  if (!idExpression.test(id))
    throw new CliError("CLI_USAGE", `"${printable(id)}" is no id: 1 to 64 of A-Z a-z 0-9 . _ : -`);
  return id;
};
