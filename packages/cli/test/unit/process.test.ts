// A bug here writes colours into a file, ends with a stack where a sentence was meant, or says that all was done when nobody
// heard the end of it.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { httpDouble } from "../harness/http-double.ts";

const execute = promisify(execFile);
const program = join(import.meta.dirname, "../../src/main.ts");
const colour = "\u001b[";

const riffle = async (words: readonly string[], env: Readonly<Record<string, string>>) =>
  execute(process.execPath, [program, ...words], { env: { PATH: process.env["PATH"], ...env } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  );

it("as a process of its own it writes results to one stream and colours only where they are wanted", async () => {
  const { url } = await httpDouble(() => ({ body: { id: "tx-1", status: "screened" } }));
  const words = ["explain", "tx-1", "--console-url", url];
  const plain = await riffle(words, {});
  expect([plain.code, plain.stderr, plain.stdout.split("\n")[0]]).toEqual([0, "", "tx-1  screened"]);
  expect((await riffle(words, { FORCE_COLOR: "1" })).stdout).toContain(colour);
  expect((await riffle(words, { NO_COLOR: "1" })).stdout).not.toContain(colour);
  const refused = await riffle(["explain"], {});
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([
    2,
    "",
    "`riffle explain` takes one transaction id, such as tx-1. (CLI_USAGE)\n",
  ]);
}, 60_000);

/** Ends like `riffle … | head -1` in a shell. @returns what head showed, and the command's own exit code and errors */
const headOf = async (words: readonly string[], input: string) => {
  const script = '("$@"; echo "ended with $?" >&2) | head -n 1';
  const running = execute("sh", ["-c", script, "sh", process.execPath, program, ...words], {
    env: { PATH: process.env["PATH"] },
  });
  // The command may end before it has read all of it.
  running.child.stdin?.on("error", () => {});
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return { stdout, stderr };
};

describe("a reader that has seen enough", () => {
  // More in one batch than a pipe holds: the rest cannot be written.
  const linesInBatch = 1_000;
  const idOf = (n: number): string => `tx-${n}-${"x".repeat(100)}`;

  it("ends `send` in silence, as shells say it, with the batch that is under way", async () => {
    const { url, asked } = await httpDouble(({ body }) => {
      const ids = body.trim().split("\n");
      const results = ids.map((id, i) => `{"line":${i + 1},"status":202,"id":${id}}`);
      return { status: 202, body: `${results.join("\n")}\n` };
    });
    const input = Array.from({ length: 5 * linesInBatch }, (_, n) => `"${idOf(n)}"\n`).join("");
    const { stdout, stderr } = await headOf(["send", "-", "--json", "--ingest-url", url], input);
    expect(JSON.parse(stdout)).toEqual({ line: 1, status: 202, id: idOf(0) });
    expect(stderr).toBe("ended with 141\n");
    expect(asked.length).toBeLessThanOrEqual(2);
  }, 60_000);

  it("ends a listing the same way", async () => {
    const items = Array.from({ length: 2 * linesInBatch }, (_, n) => ({ id: idOf(n) }));
    const { url } = await httpDouble(() => ({ body: { items, next: null } }));
    const words = ["alerts", "list", "--json", "--limit", String(items.length), "--console-url", url];
    const { stdout, stderr } = await headOf(words, "");
    expect([JSON.parse(stdout), stderr]).toEqual([{ id: idOf(0) }, "ended with 141\n"]);
  }, 60_000);
});
