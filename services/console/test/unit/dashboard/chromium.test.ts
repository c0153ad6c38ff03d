// A bug here would look like: browser tests that pass because there is no browser, or fail without a word of what to do.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "../../harness/chromium.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "riffle-chromium-"));
  for (const name of ["chromium", "no-program"]) writeFileSync(join(folder, name), "");
  chmodSync(join(folder, "chromium"), 0o755);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the browser of the tests", () => {
  it("is the first Chromium on the PATH", () => {
    const PATH = ["/nowhere", folder].join(delimiter);
    expect(chromiumPath({ PATH })).toBe(join(folder, "chromium"));
  });

  it("is the one that CHROMIUM_PATH names, and no other", () => {
    const named = join(folder, "chromium");
    expect(chromiumPath({ CHROMIUM_PATH: named, PATH: "/nowhere" })).toBe(named);
    const wrong = join(folder, "no-program");
    expect(() => chromiumPath({ CHROMIUM_PATH: wrong, PATH: folder })).toThrow(`CHROMIUM_PATH=${wrong}`);
  });

  it("that is missing is a failure that says how to get one", () => {
    expect(() => chromiumPath({ PATH: "/nowhere" })).toThrow(/apt-get install -y chromium.*CHROMIUM_PATH/);
  });
});
