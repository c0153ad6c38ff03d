// A bug here forgets an answer, and a lost transaction is not missed by anybody.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LoadLog, readLoadLog } from "../../../faults/load-log.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "riffle-load-log-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

it("an outcome can be read back as soon as its append resolves", async () => {
  const log = new LoadLog(join(folder, "answers.log"));
  await Promise.all([log.append("a", "unknown"), log.append("b", "refused")]);
  expect(readLoadLog(log.path)).toEqual([
    { id: "a", outcome: "unknown" },
    { id: "b", outcome: "refused" },
  ]);
  await log.append("a", "accepted");
  expect(readLoadLog(log.path).at(-1)).toEqual({ id: "a", outcome: "accepted" });
  log.close();
});

it("closing writes what was still waiting", () => {
  const log = new LoadLog(join(folder, "answers.log"));
  void log.append("a", "accepted");
  log.close();
  expect(readLoadLog(log.path)).toEqual([{ id: "a", outcome: "accepted" }]);
});
