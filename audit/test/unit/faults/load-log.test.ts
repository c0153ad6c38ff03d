// A bug here forgets an answer, and a lost transaction is not missed by anybody.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Attempt, LoadLog, type Outcome, readLoadLog } from "../../../faults/load-log.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "riffle-load-log-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const attempt = (id: string, outcome: Outcome, sentAt: number): Attempt => ({
  id,
  content: `of-${id}`,
  outcome,
  sentAt,
  answeredAt: sentAt + 1,
});

it("attempts can be read back as soon as their append resolves", async () => {
  const log = new LoadLog(join(folder, "answers.log"));
  const first = [attempt("a", "unknown", 1), attempt("b", "refused", 3)];
  await Promise.all(first.map((one) => log.append(one)));
  expect(readLoadLog(log.path)).toEqual(first);
  const batch = [attempt("a", "accepted", 5), attempt("c", "conflict", 5)];
  await log.append(...batch);
  expect(readLoadLog(log.path)).toEqual([...first, ...batch]);
  log.close();
});

it("closing writes what was still waiting", () => {
  const log = new LoadLog(join(folder, "answers.log"));
  void log.append(attempt("a", "accepted", 1));
  log.close();
  expect(readLoadLog(log.path)).toEqual([attempt("a", "accepted", 1)]);
});
