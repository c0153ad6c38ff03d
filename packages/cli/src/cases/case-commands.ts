// Commands on cases, given once and safely repeated.
//
//   C1. Each has an id of its own, so that a repeat after an answer that never came has no second effect.
//   C2. It is for the version that was looked at: --expect-version, else the version of now. Whoever was slower is told,
//       and nothing is done. A comment and a link take nothing away, so they are given again on the newer version.

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { CliError } from "../errors.ts";
import { type Answer, type ConsoleClient, refusal } from "../http/console-client.ts";
import { membersOf, numberIn, textIn } from "../http/json-reading.ts";
import { printable } from "../terminal/printable.ts";

/** A command as the console takes it, without its version and id. */
export interface CaseCommand {
  readonly command: "assign" | "comment" | "link" | "set-disposition" | "close" | "reopen";
  readonly [argument: string]: unknown;
}

const attemptsMax = 5;
const retryMsDefault = 500;
const adding: readonly string[] = ["comment", "link"];

/**
 * Gives the command.
 *
 * @param expectedVersion the version that was looked at; undefined for whatever it is now
 * @returns what the console answers: `{ case, event }`
 * @throws CliError CLI_CASE_CHANGED when somebody else was first, CLI_CONSOLE_REFUSED when it cannot be done
 */
export const giveCommand = async (
  client: ConsoleClient,
  caseId: string,
  command: CaseCommand,
  expectedVersion: number | undefined,
  wait: (ms: number) => Promise<unknown> = delay,
): Promise<unknown> => {
  const path = `/v1/cases/${encodeURIComponent(caseId)}`;
  const commandId = randomUUID();
  const mayMoveOn = expectedVersion === undefined && adding.includes(command.command);
  let version = expectedVersion ?? (await versionOf(client, path));
  for (let attempt = 1; ; attempt++) {
    const answer = await client.post(`${path}/commands`, { ...command, commandId, expectedVersion: version });
    if (answer.ok) return answer.body;
    const { status, members, retryAfterMs } = answer.problem;
    const current = numberIn(members, "currentVersion");
    const isLast = attempt === attemptsMax;
    if (status === 503 && !isLast) await wait(retryAfterMs ?? retryMsDefault);
    else if (status === 409 && mayMoveOn && current !== undefined && !isLast) version = current;
    else throw failure(answer, caseId, version);
  }
};

const versionOf = async (client: ConsoleClient, path: string): Promise<number> => {
  const version = numberIn(membersOf(membersOf(await client.get(path))["case"]), "version");
  if (version !== undefined) return version;
  throw new CliError(
    "CLI_CONSOLE_REFUSED",
    "The console answered a case without a version; is it of this release?",
  );
};

const failure = (answer: Answer & { readonly ok: false }, caseId: string, version: number): CliError => {
  const { problem } = answer;
  if (problem.status !== 409) return refusal(problem);
  const by = printable(textIn(problem.members, "by") ?? "somebody");
  const current = numberIn(problem.members, "currentVersion");
  const message = `${by} changed ${printable(caseId)} first: it is at version ${current ?? "?"} and this was for ${version}. Nothing was done; \`riffle cases show ${printable(caseId)}\` shows it.`;
  return new CliError("CLI_CASE_CHANGED", message);
};
