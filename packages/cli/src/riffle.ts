// The command as a function: words in, exit code out.

import { ConfigError, ServiceKitError } from "@riffle/service-kit/process";
import { StreamsError } from "@riffle/streams";
import type { Call } from "./command.ts";
import { type Understood, understand } from "./command-line.ts";
import { commands } from "./commands/catalogue.ts";
import { CliError } from "./errors.ts";
import { commandHelp, groupHelp, overview } from "./help.ts";
import { versionLine } from "./version.ts";

/** `EX_CONFIG` of sysexits.h, as the services use it. */
const exitCodeConfig = 78;

/** Runs what was typed. @returns the exit code: 0, 1 when it failed, 2 when it was not understood, 78 for a wrong variable */
export const riffle = async (
  words: readonly string[],
  surroundings: Pick<Call, "terminal" | "env">,
): Promise<number> => {
  const { terminal } = surroundings;
  try {
    const understood = understand(words, commands);
    if (understood.kind === "help") {
      for (const line of helpOf(understood)) terminal.out(line);
      return 0;
    }
    if (understood.kind === "version") {
      terminal.out(versionLine());
      return 0;
    }
    return await understood.command.run({ ...understood.call, ...surroundings });
  } catch (error) {
    return explain(error, (line) => terminal.note(line));
  }
};

const helpOf = ({ command, group }: Extract<Understood, { kind: "help" }>): string[] => {
  if (command !== undefined) return commandHelp(command);
  return group === undefined ? overview(commands) : groupHelp(group, commands);
};

/** An error that a person can correct is its message and its code; a defect shows its stack. */
const explain = (error: unknown, note: (line: string) => void): number => {
  if (error instanceof CliError) {
    note(`${error.message} (${error.code})`);
    return error.exitCode;
  }
  if (error instanceof ConfigError) {
    for (const { variable, problem } of error.faults) note(`${variable}: ${problem}`);
    note(`Nothing was done. (${error.code})`);
    return exitCodeConfig;
  }
  if (error instanceof StreamsError || error instanceof ServiceKitError) {
    note(`${error.message} (${error.code})`);
    return 1;
  }
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
};
