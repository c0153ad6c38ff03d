// A bug here looks like this: six services in one process, and all their logs on the terminal, or none anywhere.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLogger } from "../../src/logger.ts";
import { logDescriptor, writeError } from "../../src/standard-error.ts";

let folder = "";
let descriptor = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "riffle-log-"));
  descriptor = openSync(join(folder, "log"), "a");
});

afterEach(() => {
  vi.unstubAllEnvs();
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

it.each([undefined, "", "two", "1", "0", "-3", "2.5"])("RIFFLE_LOG_FD=%s is standard error", (given) => {
  expect(logDescriptor({ RIFFLE_LOG_FD: given })).toBe(2);
});

it("log lines and last words go to the descriptor that was given, in their order", () => {
  vi.stubEnv("RIFFLE_LOG_FD", String(descriptor));
  createLogger({ service: "filter", instance: "filter-0" }).info("first");
  writeError("then this\n");
  const lines = readFileSync(join(folder, "log"), "utf8").trimEnd().split("\n");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ msg: "first", service: "filter" });
  expect(lines.slice(1)).toEqual(["then this"]);
});
