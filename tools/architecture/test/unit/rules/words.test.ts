// A bug here looks like this: a first visitor who pastes a command from the README, and it does not exist.

import { describe, expect, it } from "vitest";
import { repositoryOf } from "../../../repository.ts";
import type { Rule } from "../../../rule.ts";
import { machinePaths } from "../../../rules/machine-paths.ts";
import { commandsNamed, markdownLinks, pathsNamed } from "../../../rules/markdown.ts";
import { oneTestCommand } from "../../../rules/one-test-command.ts";
import { citedTests } from "../../../rules/tests.ts";

const faultsOf = (rule: Rule, files: Readonly<Record<string, string>>) => rule.check(repositoryOf(files));
const block = (command: string): string => `\`\`\`sh\n${command}\n\`\`\`\n`;

describe("links", () => {
  const files = { "docs/b.md": "# A part", "docs/adr/c.md": "" };

  it.each([
    ["[x](docs/missing.md)", 1],
    ["[x](docs/b.md#no-part)", 1],
    ["[x](#no-part)", 1],
    ["[x](docs/b.md#a-part)", 0],
    ["[x](docs/adr)", 0],
    ["[x](docs/adr/)", 0],
    ["[x](https://example.com/missing)", 0],
    ["`[x](docs/missing.md)`", 0],
  ])("%s: %i faults", (text, faults) => {
    expect(faultsOf(markdownLinks, { ...files, "README.md": text })).toHaveLength(faults);
  });

  it("are read from the folder of their page", () => {
    expect(faultsOf(markdownLinks, { ...files, "docs/a.md": "[x](b.md) [y](../docs/b.md)" })).toEqual([]);
  });
});

describe("paths in backticks", () => {
  const files = { "services/filter/src/filter.ts": "", "services/filter/package.json": "{}" };

  it.each([
    ["README.md", "`services/filter/src/gone.ts`", 1],
    ["services/filter/README.md", "`src/gone.ts`", 1],
    ["README.md", "`services/filter/src/filter.ts`", 0],
    ["services/filter/README.md", "`src/filter.ts`", 0],
    ["README.md", "`services/filter/dist/main.js`", 0],
    ["README.md", "`services/<name>/src`", 0],
    ["README.md", "`test`", 0],
    ["README.md", "`src/gone.ts` of any package", 0],
  ])("in %s, %s: %i faults", (page, text, faults) => {
    expect(faultsOf(pathsNamed, { ...files, [page]: text })).toHaveLength(faults);
  });

  it("and tests named in comments of the code exist", () => {
    const file = "services/filter/src/filter.ts";
    expect(faultsOf(pathsNamed, { [file]: "// (test/unit/gone.test.ts)" })).toMatchObject([{ where: file }]);
    const there = { [file]: "// test/unit/a.test.ts", "services/filter/test/unit/a.test.ts": "" };
    expect(faultsOf(pathsNamed, there)).toEqual([]);
  });
});

describe("tests that pages cite", () => {
  const files = { "services/console/test/unit/access/gate.test.ts": "" };

  it.each([
    ["`gate.test.ts`", 0],
    ['`access/gate.test.ts` → "a title"', 0],
    ["in prose (test/unit/access/gate.test.ts)", 0],
    ["`services/console/test/unit/access/gate.test.ts`", 0],
    ["`<package>/test/<kind>/…/<name>.test.ts`, `*.test.ts`", 0],
    ["| a promise | `gate.test.ts`, `masking.test.ts` |", 1],
    ["`late-gate.test.ts`, te.test.ts", 2],
    ["`unit/gate.test.ts`", 1],
  ])("%s: %i faults", (text, faults) => {
    expect(faultsOf(citedTests, { ...files, "docs/access.md": text })).toHaveLength(faults);
  });

  it("are told with their line", () => {
    expect(faultsOf(citedTests, { "docs/a.md": "# A\n\n`gone.test.ts`" })).toMatchObject([
      { where: "docs/a.md:3" },
    ]);
  });
});

describe("commands", () => {
  const files = {
    "package.json": JSON.stringify({ scripts: { start: "", test: "", "test:unit": "" } }),
    "services/filter/package.json": JSON.stringify({ name: "@riffle/filter", scripts: { start: "" } }),
    "services/filter/src/main.ts": "",
  };

  it.each([
    [block("pnpm run gone"), 1],
    [block("npx -y pnpm@10 gone"), 1],
    ["`pnpm gone`", 1],
    [block("pnpm --filter @riffle/filter gone"), 1],
    [block("pnpm --filter @riffle/gone start"), 1],
    [block("node services/filter/dist/gone.js"), 1],
    [block("pnpm run install"), 1],
    [block("npx -y pnpm@10 start   # and more"), 0],
    [block("npx -y pnpm@10 test && pnpm run test:unit"), 0],
    [block("pnpm --filter @riffle/filter start"), 0],
    [block("pnpm --filter=@riffle/filter... run start"), 0],
    [block("pnpm exec vitest run"), 0],
    [block("KAFKA_BROKERS=a:1 node services/filter/dist/main.js"), 0],
    ["The pnpm that runs this", 0],
  ])("%j: %i faults", (text, faults) => {
    expect(faultsOf(commandsNamed, { ...files, "README.md": text })).toHaveLength(faults);
  });
});

describe("the test command", () => {
  it("of the README is the one of .ci/run", () => {
    const readme = block("npx -y pnpm@10 test");
    const run = (command: string) => ({ "README.md": readme, ".ci/run": `set -e\n${command}\n` });
    expect(faultsOf(oneTestCommand, run("npx -y pnpm@10 test"))).toEqual([]);
    expect(faultsOf(oneTestCommand, run("npx -y pnpm@10 run verify"))).toMatchObject([{ where: ".ci/run" }]);
    expect(faultsOf(oneTestCommand, { "README.md": "" })).toMatchObject([{ where: "README.md" }]);
  });
});

describe("paths of one machine", () => {
  // Put together here, so that this file holds no such path itself.
  it.each(["home", "root", "work"])("below /%s are found", (top) => {
    expect(
      faultsOf(machinePaths, { "README.md": `see ${["", top, "folder", "a.ts"].join("/")}` }),
    ).toHaveLength(1);
  });

  it.each([
    "frame/workshop/main",
    "/var/run/docker.sock",
    ["$HOME", "work", "a"].join("/"),
    "https://a.example/home/x",
  ])("%s is none", (text) => {
    expect(faultsOf(machinePaths, { "README.md": text })).toEqual([]);
  });
});
