// A bug here does something else than what was typed: an option is ignored, or a word is taken for another.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Call, Command } from "../../src/command.ts";
import { understand } from "../../src/command-line.ts";
import { commands } from "../../src/commands/catalogue.ts";
import { CliError } from "../../src/errors.ts";
import { countOption, sinceOption, timeOption } from "../../src/option-values.ts";
import { run, silentTerminal } from "../harness/recorded-terminal.ts";

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

const callOf = (options: Record<string, string | true>): Call => ({
  options,
  operands: [],
  env: {},
  terminal: silentTerminal,
});

describe("what was typed", () => {
  it("is a command with its options and operands", () => {
    const understood = understand(
      ["dlq", "redrive", "a.dlq.v1/0/1", "--limit=5", "--yes", "a.dlq.v1/0/2"],
      commands,
    );
    expect(understood).toMatchObject({
      kind: "call",
      command: { name: "dlq redrive" },
      call: { options: { limit: "5", yes: true }, operands: ["a.dlq.v1/0/1", "a.dlq.v1/0/2"] },
    });
  });

  it.each([[[]], [["help"]], [["--help"]], [["-h"]]])("%j asks for all commands", (words) => {
    expect(understand(words, commands)).toEqual({ kind: "help", command: undefined });
  });

  it.each([
    [["dlq", "--help"], "dlq"],
    [["help", "dlq"], "dlq"],
    [["topics", "--json", "-h"], "topics"],
  ])("%j asks for the commands of a group", (words, group) => {
    expect(understand(words, commands)).toEqual({ kind: "help", command: undefined, group });
  });

  it("asks for the version by --version alone; behind a command that is the command's own", () => {
    expect(understand(["--version"], commands)).toEqual({ kind: "version" });
    expect(understand(["--json", "--version"], commands)).toEqual({ kind: "version" });
    expect(understand(["cases", "show", "cs_1", "--version", "3"], commands)).toMatchObject({
      command: { name: "cases show" },
      call: { options: { version: "3" } },
    });
  });

  it("asks for a command's help wherever --help stands", () => {
    for (const words of [["--help"], ["--topic", "x", "--help"], ["--nonsense", "-h"]]) {
      const understood = understand(["dlq", "list", ...words], commands);
      expect(understood).toMatchObject({ kind: "help", command: { name: "dlq list" } });
    }
  });

  it("may have global options before its words, and the word of a group alone where that means its list", () => {
    for (const words of [
      ["--json", "topics"],
      ["topics", "--json"],
      ["--json", "topics", "list"],
    ])
      expect(understand(words, commands)).toMatchObject({
        command: { name: "topics list" },
        call: { options: { json: true }, operands: [] },
      });
    expect(understand(["--brokers", "topics", "dlq", "list", "--reason=topics"], commands)).toMatchObject({
      command: { name: "dlq list" },
      call: { options: { brokers: "topics", reason: "topics" } },
    });
  });

  it("asks for a command's help after `help`", () => {
    expect(understand(["help", "dlq", "list"], commands)).toMatchObject({ command: { name: "dlq list" } });
  });

  it.each([
    [["completion", "bash", "--brokers", "x:1"], "`riffle completion` has no option --brokers"],
    [["topics", "creat"], "Did you mean `riffle topics create`?"],
    [["nope", "--help"], "There is no command `riffle nope`"],
    [["--nonsense"], "`riffle` has no option --nonsense"],
    [["--versoin"], "Did you mean --version?"],
    [["--version=1"], "--version takes no value"],
    [["dlq", "list", "--version"], "has no option --version"],
    [["dlq", "lst"], "Did you mean `riffle dlq list`?"],
    [["dlq", "lst", "--help"], "Did you mean `riffle dlq list`?"],
    [["nothing-like-it"], "There are: send, tail"],
    [["dlq", "list", "--topc", "x"], "Did you mean --topic?"],
    [["dlq", "list", "--topic"], "--topic"],
    [["dlq", "list", "--json=yes"], "--json"],
    [["dlq", "list", "extra"], 'takes no operands, and "extra" is one'],
    [["dlq", "li\u001b[2Jst"], "\\u{1b}[2J"],
  ])("and was not understood is refused: %j", (words, part) => {
    const error = thrownBy(() => understand(words, commands));
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ code: "CLI_USAGE", exitCode: 2, message: expect.stringContaining(part) });
  });

  it.each([
    [["dlq", "redrive"], "Name what to send"],
    [["dlq", "redrive", "filter.dlq.v1/0/1", "--topic", "filter.dlq.v1"], "not both"],
    [["dlq", "redrive", "filter.dlq.v1"], "is no place of a dead letter"],
    [["dlq", "redrive", "--topic", "filter.dlq.v1", "--limit", "0"], "whole number from 1"],
    [["dlq", "show"], "takes one place"],
    [["dlq", "show", "filter.dlq.v1/0/1", "filter.dlq.v1/0/2"], "takes one place"],
    [["dlq", "list", "--since", "yesterday"], "give a day such as"],
  ])("and cannot be meant is refused before Kafka is asked: %j", async (words, part) => {
    const { code, out, notes } = await run([...words, "--brokers", "127.0.0.1:1"]);
    expect([code, out]).toEqual([2, []]);
    expect(notes.join("\n")).toContain(part);
  });
});

describe("a word that only groups commands", () => {
  it.each(["alerts", "cases", "dlq", "endpoints", "notifications", "state"])(
    "alone is no command: %s shows its own on the side where no program reads, and ends as other misuse",
    async (group) => {
      const { code, out, notes } = await run([group]);
      expect([code, out]).toEqual([2, []]);
      const shown = notes.join("\n");
      for (const { name, summary } of commands)
        expect(shown.includes(summary), name).toBe(name.startsWith(`${group} `));
      expect(shown).toMatch(/\nNothing was done\. \(CLI_USAGE\)$/);
    },
  );

  it("has help, which says what it means alone", async () => {
    const { code, out, notes } = await run(["topics", "--help"]);
    expect([code, notes]).toEqual([0, []]);
    expect(out.join("\n")).toContain("  topics create  ");
    expect(out).toContain("`riffle topics` alone is `riffle topics list`.");
    for (const line of out) expect(line.length).toBeLessThanOrEqual(120);
  });
});

describe("the version", () => {
  it("is that of the package, beside Node's", async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
      readonly version: string;
    };
    const line = `riffle ${version}, Node ${process.version}`;
    expect(await run(["--version"])).toEqual({ code: 0, out: [line], notes: [] });
  });
});

describe("an option's value", () => {
  it("that is a count is a whole number from 1 on", () => {
    expect(countOption(callOf({ limit: "12" }), "limit", 7)).toBe(12);
    expect(countOption(callOf({}), "limit", 7)).toBe(7);
    for (const text of ["0", "-1", "1.5", "1e3", "", " 1", "1234567890"])
      expect(thrownBy(() => countOption(callOf({ limit: text }), "limit", 7))).toMatchObject({
        code: "CLI_USAGE",
      });
  });

  it("that is a time is a day in UTC or an instant with offset", () => {
    expect(timeOption(callOf({ since: "2026-03-01" }), "since")).toBe(Date.UTC(2026, 2, 1));
    expect(timeOption(callOf({ since: "2026-03-01T13:00:00+01:00" }), "since")).toBe(
      Date.UTC(2026, 2, 1, 12),
    );
    expect(timeOption(callOf({}), "since")).toBeUndefined();
    for (const text of ["2026-02-30", "2026-03-01T12:00:00", "1"])
      expect(thrownBy(() => timeOption(callOf({ since: text }), "since"))).toMatchObject({
        code: "CLI_USAGE",
      });
  });
});

describe("a time since which", () => {
  it("is so long ago, or an instant", () => {
    const nowMs = Date.UTC(2026, 2, 1);
    for (const [text, ms] of [
      ["30s", 30_000],
      ["5m", 300_000],
      ["2h", 7_200_000],
      ["7d", 604_800_000],
    ] as const)
      expect(sinceOption(callOf({ since: text }), "since", nowMs)).toBe(nowMs - ms);
    expect(sinceOption(callOf({ since: "2026-03-01" }), "since", 0)).toBe(nowMs);
    expect(sinceOption(callOf({ since: "9999999d" }), "since", nowMs)).toBe(0);
    expect(sinceOption(callOf({}), "since", nowMs)).toBeUndefined();
    for (const text of ["5", "0m", "-5m", "5 m", "5w", "1.5h", "yesterday"])
      expect(thrownBy(() => sinceOption(callOf({ since: text }), "since", nowMs))).toMatchObject({
        code: "CLI_USAGE",
        message: expect.stringContaining("or how long ago, such as 5m"),
      });
  });
});

describe("the help", () => {
  it("names every command, each on one line", async () => {
    const { code, out } = await run([]);
    expect(code).toBe(0);
    for (const { name, summary } of commands)
      expect(out).toContainEqual(expect.stringMatching(new RegExp(`^ {2}${name} +${summary}$`)));
    for (const line of out) expect(line.length).toBeLessThanOrEqual(120);
  });

  it.each(commands.map((command) => [command.name, command] as const))(
    "of %s has every option, and examples that are understood",
    async (name: string, command: Command) => {
      const { out } = await run([...name.split(" "), "--help"]);
      for (const option of Object.keys(command.options)) expect(out.join("\n")).toContain(`  --${option}`);
      for (const example of command.examples) {
        const understood = understand(example.split(" "), commands);
        expect(understood).toMatchObject({ kind: "call", command: { name } });
      }
      for (const line of out) expect(line.length).toBeLessThanOrEqual(120);
    },
  );
});
