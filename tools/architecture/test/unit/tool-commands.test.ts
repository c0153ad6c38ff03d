// A bug here looks like this: somebody asks what `pnpm run pages` does, or misspells its `--check`, and has all pages written.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const execute = promisify(execFile);
const tools = join(import.meta.dirname, "../../..");

const run = (command: string, ...args: readonly string[]) =>
  execute(process.execPath, [join(tools, command), ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  );

describe.each([
  "architecture/check.ts",
  "pages/generate.ts",
  "manifests/render.ts",
  "manifests/fetch-schemas.ts",
])("%s", (command) => {
  it("tells what it does, and does nothing on what it does not know", async () => {
    const [told, refused] = await Promise.all([run(command, "--help"), run(command, "--chekc")]);
    expect(told).toMatchObject({ code: 0, stderr: "" });
    expect(told.stdout).toMatch(/^usage: .*\[--help\]\n\n[A-Z]/);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^there is no option --chekc/);
  }, 60_000);
});
