// `riffle send`: transactions to ingest, from a file, standard input or flags.
//
//   SE1. Each line has one result; the exit code is 0 only when all were accepted.

import { createReadStream } from "node:fs";
import { type Call, type Command, ingestOptions, jsonOption } from "../command.ts";
import { CliError } from "../errors.ts";
import { type LineResult, sendBatch } from "../send/ingest-client.ts";
import { batchesOf, linesIn } from "../send/line-batches.ts";
import { hasTransactionOptions, transactionOf, transactionOptions } from "../send/one-transaction.ts";
import { findIngest } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";
import { ProgressBar } from "../terminal/progress-bar.ts";
import { counted } from "../terminal/table.ts";

export const send: Command = {
  name: "send",
  summary: "sends transactions to ingest, and says what became of each",
  operands: "[<file>|-]",
  operandChoices: "files",
  about: [
    "Sends one JSON transaction a line, from a file or (-) standard input, or one from flags. What ingest cannot take for",
    "now is sent again after the time it asks for. An id has one effect, so running it again repeats nothing.",
    "Ends with 1 when any line was refused. With --json every line has its result; else the refused ones are listed.",
  ],
  options: { ...transactionOptions, ...jsonOption, ...ingestOptions },
  examples: [
    "send --account acct-1 --amount 1250",
    "send transactions.ndjson",
    "send - --ingest-url http://127.0.0.1:8080 --json",
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal, options } = call;
  const input = inputOf(call);
  const target = findIngest(call);
  const bar = new ProgressBar(terminal, "sending");
  let [accepted, refused] = [0, 0];
  try {
    for await (const batch of batchesOf(linesIn(input))) {
      for (const result of await sendBatch(target, batch)) {
        const isAccepted = result.status === 202;
        if (isAccepted) accepted++;
        else refused++;
        if (options["json"] === true) terminal.out(jsonText(result));
        else if (!isAccepted) terminal.out(refusedLine(result));
        else if (hasTransactionOptions(call)) terminal.out(`accepted ${printable(String(result["id"]))}`);
      }
      bar.update(accepted + refused);
      await terminal.drained();
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("CLI_INPUT_UNREADABLE", `The input could not be read: ${printable(reason)}.`, {
      cause,
    });
  } finally {
    bar.end();
  }
  if (accepted + refused === 0) throw new CliError("CLI_INPUT_UNREADABLE", "The input holds no transaction.");
  terminal.note(`${counted(accepted, "transaction")} accepted, ${refused.toLocaleString("en-US")} refused.`);
  return refused === 0 ? 0 : 1;
}

/** @throws CliError CLI_USAGE */
const inputOf = (call: Call): AsyncIterable<Uint8Array> => {
  const [file, ...others] = call.operands;
  if (others.length > 0 || (file !== undefined && hasTransactionOptions(call)))
    throw new CliError("CLI_USAGE", "`riffle send` takes one file, or - for standard input, or flags.");
  if (file === undefined && !hasTransactionOptions(call))
    throw new CliError(
      "CLI_USAGE",
      "Name what to send: a file, - for standard input, or --account and --amount.",
    );
  if (file === undefined) return oneLine(transactionOf(call, Date.now()));
  return file === "-" ? call.terminal.input() : createReadStream(file);
};

async function* oneLine(transaction: object): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(JSON.stringify(transaction));
}

const refusedLine = ({ line, status, ...members }: LineResult): string => {
  const [code, detail] = [members["code"], members["detail"]].map((member) =>
    printable(String(member ?? "")),
  );
  const errors = Array.isArray(members["errors"]) ? (members["errors"] as readonly unknown[]) : [];
  const whys = errors.map((error) => {
    const { field, message, hint } = error as Readonly<Record<string, unknown>>;
    const where = typeof field === "string" && field !== "" ? `${field}: ` : "";
    return printable(`${where}${String(message)}${typeof hint === "string" ? ` (${hint})` : ""}`);
  });
  return `line ${line}: ${status} ${code}: ${whys.length === 0 ? detail : whys.join("; ")}`;
};
