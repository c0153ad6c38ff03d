// A bug here offers words that the command refuses, leaves out ones that it takes, or breaks the shell it is read by.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commands } from "../../src/commands/catalogue.ts";
import { completionScript, shells } from "../../src/completion/scripts.ts";
import { run } from "../harness/recorded-terminal.ts";

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "riffle-completion-"));
const script = join(folder, "riffle.bash");

beforeAll(() => writeFileSync(script, `${completionScript("bash", commands).join("\n")}\n`));
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers for the last of the words, asked as readline asks it. */
const offered = async (...words: string[]): Promise<string[]> => {
  const ask = [
    'source "$1"; shift',
    "complete -p riffle >/dev/null || exit 9",
    'COMP_WORDS=(riffle "$@"); COMP_CWORD=$#',
    "_riffle",
    `printf "%s\\n" "\${COMPREPLY[@]}"`,
  ].join("\n");
  const { stdout, stderr } = await execute("bash", ["--norc", "-u", "-c", ask, "bash", script, ...words], {
    cwd: folder,
  });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
};

describe("bash", () => {
  it("offers the first words, once each, and those that begin as was typed", async () => {
    const words = await offered("");
    expect(words).toEqual([...new Set(words)]);
    expect(words.toSorted()).toEqual(
      [...new Set([...commands.map(({ name }) => name.split(" ")[0]), "help"])].toSorted(),
    );
    expect(await offered("e")).toEqual(["explain", "endpoints"]);
  });

  it("offers the words of a group, the choices of an operand and the options of a command", async () => {
    expect(await offered("dlq", "")).toEqual(["list", "show", "redrive"]);
    expect(await offered("tail", "re")).toEqual(["received", "rejected"]);
    expect(await offered("completion", "")).toEqual([...shells]);
    expect(await offered("dlq", "redrive", "--d")).toEqual(["--dry-run"]);
    expect(await offered("tail", "--limit", "5", "alerts", "--wh")).toEqual(["--where"]);
    const all = await offered("dlq", "list", "--json", "--");
    expect(all).toEqual([
      "--topic",
      "--reason",
      "--since",
      "--pending",
      "--limit",
      "--json",
      "--brokers",
      "--help",
    ]);
  });

  it("offers the values of an option that has some, files where a file is meant, and nothing after nonsense", async () => {
    expect(await offered("alerts", "list", "--severity", "")).toEqual(["low", "medium", "high"]);
    expect(await offered("send", "rif")).toEqual(["riffle.bash"]);
    expect(await offered("send", "--type", "w")).toEqual(["withdrawal"]);
    expect(await offered("nonsense", "x")).toEqual([]);
  });

  it("offers every option of every command", async () => {
    for (const { name, options } of commands) {
      const words = await offered(...name.split(" "), "--");
      expect(words, name).toEqual([...Object.keys(options).map((option) => `--${option}`), "--help"]);
    }
  });
});

describe("the scripts", () => {
  it.each([...shells])("of %s are printed, with every command in them", async (shell) => {
    const { code, out } = await run(["completion", shell]);
    expect(code).toBe(0);
    const text = out.join("\n");
    for (const { name } of commands) for (const word of name.split(" ")) expect(text).toContain(word);
  });

  it("of other shells there are none", async () => {
    const { code, notes } = await run(["completion", "bahs"]);
    expect([code, notes.join()]).toEqual([2, expect.stringContaining("did you mean bash?")]);
  });
});
