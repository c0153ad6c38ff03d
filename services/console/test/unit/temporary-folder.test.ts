// A bug here fills the disk of a machine with read models of consoles that are gone, or takes one away from a console that runs.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeTemporaryFolder } from "../../src/temporary-folder.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "riffle-temporary-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const dead = 4_100_000_001;
const isAlive = (pid: number): boolean => pid !== dead;

const folder = (name: string): string => {
  mkdirSync(join(parent, name));
  writeFileSync(join(parent, name, "read-model.sqlite"), "rows");
  return name;
};

it("a start makes a folder of its own, and removes those of processes that are gone", () => {
  const left = folder(`riffle-console-${hostname()}-${dead}-abcdef`);
  const { path, removed } = makeTemporaryFolder({ parent, isAlive });
  expect(removed).toEqual([left]);
  expect(readdirSync(parent).map((name) => join(parent, name))).toEqual([path]);
});

it.each([
  ["of a process that lives", () => folder(`riffle-console-${hostname()}-${process.pid}-abcdef`)],
  ["of another machine", () => folder(`riffle-console-other-${dead}-abcdef`)],
  ["of another name", () => folder(`riffle-console-bench-${hostname()}-x-abcdef`)],
  ["without a process in its name", () => folder("riffle-console-abcdef")],
  [
    "that is a link",
    () => {
      const name = `riffle-console-${hostname()}-${dead}-abcdef`;
      symlinkSync(folder("elsewhere"), join(parent, name));
      return name;
    },
  ],
])("a folder %s stays", (_what, make) => {
  const name = make();
  expect(makeTemporaryFolder({ parent, isAlive }).removed).toEqual([]);
  expect(existsSync(join(parent, name, "read-model.sqlite"))).toBe(true);
});

it.each([
  ["ends by itself", "", 0],
  ["gives up", "process.exit(1)", 1],
  ["breaks", "throw new Error('broken')", 1],
])("the folder is gone when its process %s", (_how, then, code) => {
  const module = pathToFileURL(join(import.meta.dirname, "../../src/temporary-folder.ts")).href;
  const script = `import { makeTemporaryFolder } from "${module}";
    import { writeFileSync } from "node:fs";
    const { path } = makeTemporaryFolder({ parent: process.argv[1] });
    writeFileSync(path + "/file", "rows");
    process.stdout.write(path);
    ${then}`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script, parent], {
    encoding: "utf8",
  });
  expect([ran.status, ran.stdout.startsWith(join(parent, "riffle-console-"))]).toEqual([code, true]);
  expect(readdirSync(parent)).toEqual([]);
});

it("what a killed process left is gone after the next start", () => {
  const module = pathToFileURL(join(import.meta.dirname, "../../src/temporary-folder.ts")).href;
  const script = `import { makeTemporaryFolder } from "${module}";
    makeTemporaryFolder({ parent: process.argv[1] });
    process.kill(process.pid, "SIGKILL");`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script, parent], {
    encoding: "utf8",
  });
  expect(ran.signal).toBe("SIGKILL");
  const left = readdirSync(parent);
  expect(left).toHaveLength(1);
  const { path, removed } = makeTemporaryFolder({ parent });
  expect(removed).toEqual(left);
  expect(readdirSync(parent).map((name) => join(parent, name))).toEqual([path]);
});
