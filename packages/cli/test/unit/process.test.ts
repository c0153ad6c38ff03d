// A bug here writes colours into a file, or ends with a stack where a sentence was meant.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
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
