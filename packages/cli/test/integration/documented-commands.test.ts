// A bug here is a page that tells an operator to type what the command does not take.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { commands } from "../../src/commands/catalogue.ts";
import { onBroker } from "../harness/failing-service.ts";
import { httpDouble } from "../harness/http-double.ts";
import { run } from "../harness/recorded-terminal.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/cli.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "riffle-page-"));
const transactions = '{"id":"tx-1"}\n{"id":"tx-2"}\n';
const files: Readonly<Record<string, string>> = { "transactions.ndjson": transactions, "cases.ndjson": "" };

beforeAll(async () => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  expect((await run(["topics", "create", ...onBroker()])).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines of the page's `sh` blocks, without the leading `riffle`. */
const documented = [...page.matchAll(/```sh\n(?<block>[^`]*)```/g)].flatMap(({ groups }) =>
  (groups?.["block"] ?? "")
    .trim()
    .split("\n")
    .map((line) => line.replace(/^riffle ?/, "")),
);

/** Words as a shell splits them, of lines with single and double quotes alone. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'(?<single>[^']*)'|"(?<double>[^"]*)"|(?<bare>\S+)/g)].map(
    ({ groups }) => groups?.["single"] ?? groups?.["double"] ?? groups?.["bare"] ?? "",
  );

const caseId = "cs_0123456789abcdef0123456789abcdef";
const someCase = { id: caseId, version: 7, status: "open" };

it("every command of the page is understood, and runs to its end", async () => {
  expect(documented.length).toBeGreaterThan(30);
  const { url } = await httpDouble(({ method, path, body }) => {
    if (path === "/v1/transactions/batch") {
      const lines = body.trim().split("\n");
      return { status: 202, body: lines.map((_, i) => `{"line":${i + 1},"status":202}`).join("\n") };
    }
    if (method === "POST") return { body: { case: someCase, event: {} } };
    return {
      body: path.includes("?") ? { items: [], next: null } : { case: someCase, events: [], id: "tx-1" },
    };
  });
  for (const line of documented) {
    const [typed = "", redirected] = line.split(" < ");
    const words = wordsOf(typed).map((word) => (Object.hasOwn(files, word) ? join(folder, word) : word));
    const command = commands.find(({ name }) => `${words.join(" ")} `.startsWith(`${name} `));
    const options =
      command?.options ?? commands.find(({ name }) => name === `${words[0]} list`)?.options ?? {};
    const target = [
      ...(Object.hasOwn(options, "brokers") ? onBroker() : []),
      ...(Object.hasOwn(options, "console-url") ? ["--console-url", url] : []),
      ...(Object.hasOwn(options, "ingest-url") ? ["--ingest-url", url] : []),
      ...(words[0] === "doctor" ? ["--seconds", "1"] : []),
    ];
    const { code, notes } = await run(
      [...words, ...target],
      redirected === undefined ? {} : { input: transactions },
    );
    expect([0, 1, 3, 4], `${line}\n${notes.join("\n")}`).toContain(code);
    expect(notes.join("\n"), line).not.toMatch(/\n\s+at |_UNREACHABLE/);
  }
});

it("every command has a line on the page", () => {
  for (const { name } of commands) {
    const words = name === "topics list" ? "topics" : name;
    const isNamed = documented.some((line) => `${line} `.startsWith(`${words} `));
    const isElsewhere = /^(dlq show|notifications redeliver|endpoints (pause|resume))$/.test(name);
    expect(isNamed || isElsewhere, name).toBe(true);
  }
});
