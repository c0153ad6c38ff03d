// What the README tells people to run is what the build machine runs.

import { readPage } from "../markdown.ts";
import type { Rule } from "../rule.ts";

const command = /^npx -y pnpm@\d+ test$/;
const script = ".ci/run";

/** Compares the README's test command with the one in `.ci/run`. */
export const oneTestCommand: Rule = {
  name: "one-test-command",
  check: (repository) => {
    const told = readPage(repository.text("README.md")).commands.find(({ text }) => command.test(bare(text)));
    if (told === undefined) {
      return [
        { where: "README.md", message: "has no code block with the test command, npx -y pnpm@10 test" },
      ];
    }
    const lines = repository.text(script).split("\n").map(bare);
    if (lines.some((line) => line.startsWith(bare(told.text)))) return [];
    return [{ where: script, message: `does not run the README's command, ${bare(told.text)}` }];
  },
};

function bare(line: string): string {
  return line.replace(/\s+#.*$/, "").trim();
}
