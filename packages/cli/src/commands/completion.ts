// `riffle completion`: scripts for shells.

import type { Call, Command } from "../command.ts";
import { completionScript, shells } from "../completion/scripts.ts";
import { CliError } from "../errors.ts";
import { oneOf } from "../option-values.ts";

/** The command, which has to know all the others. @param commands the list that it is itself part of */
export const completionOf = (commands: () => readonly Command[]): Command => ({
  name: "completion",
  summary: "the completion script of a shell",
  operands: shells.join("|"),
  operandChoices: shells,
  about: [
    "Prints a script that completes commands, options and their values for a command named riffle. In a checkout:",
    "  alias riffle='npx -y pnpm@10 --silent riffle'",
    "  source <(riffle completion bash)          # zsh: the same; fish: riffle completion fish | source",
  ],
  options: {},
  examples: ["completion bash", "completion fish"],
  run: async (call: Call) => {
    const [shell, ...others] = call.operands;
    if (shell === undefined || others.length > 0)
      throw new CliError("CLI_USAGE", `\`riffle completion\` takes one of ${shells.join(", ")}.`);
    for (const line of completionScript(oneOf(shell, "The shell", shells), commands()))
      call.terminal.out(line);
    return 0;
  },
});
