// A bug here calls a history whole that was tampered with, or one tampered with that is whole.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sealed } from "@riffle/cases";
import { type CaseEvent, firstPreviousHash } from "@riffle/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../../harness/recorded-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "riffle-cases-"));
afterAll(() => rmSync(folder, { recursive: true }));

const caseOf = (letter: string): CaseEvent[] => {
  const caseId = `cs_${letter.repeat(32)}`;
  const accountId = `acct-${letter}`;
  const opened = sealed({
    caseId,
    accountId,
    version: 1,
    at: "2026-03-01T12:00:00.000Z",
    by: "riffle",
    type: "opened",
    alertId: `al_${letter.repeat(32)}`,
    rule: "card-testing",
    severity: "high",
    previousHash: firstPreviousHash,
  });
  const next = (before: CaseEvent, text: string): CaseEvent =>
    sealed({
      caseId,
      accountId,
      version: before.version + 1,
      at: "2026-03-01T12:05:00.000Z",
      by: "ada",
      type: "commented",
      text,
      previousHash: before.hash,
    });
  const second = next(opened, "looks odd");
  return [opened, second, next(second, "called the holder")];
};

const verify = async (lines: readonly unknown[], ...words: string[]) => {
  const file = join(folder, `${lines.length}.ndjson`);
  writeFileSync(
    file,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  return run(["cases", "verify", "--file", file, ...words]);
};

const [first, second, third] = caseOf("a") as [CaseEvent, CaseEvent, CaseEvent];

const unproven = (cases: string): string =>
  `Not proven: that no event was cut off at the end of ${cases} without a snapshot. Without --file the snapshots in Kafka are read too.`;

describe("riffle cases verify on a file", () => {
  it("proves a whole history, of lines as `tail` writes them as well", async () => {
    const lines = [
      ...caseOf("b"),
      ...[first, second, third].map((value) => ({ topic: "cases.events.v1", value })),
    ];
    expect(await verify(lines)).toEqual({
      code: 0,
      notes: [],
      out: ["6 events of 2 cases, 0 snapshots: every chain holds.", unproven("2 cases")],
    });
    const one = await verify(lines, first.caseId, "--json");
    expect([one.code, JSON.parse(one.out.join())]).toEqual([
      0,
      {
        holds: true,
        cases: 1,
        events: 3,
        snapshots: 0,
        faults: [],
        casesWithoutSnapshot: 1,
        unreadable: [],
      },
    ]);
  });

  it.each<[string, readonly unknown[], string]>([
    ["changed", [first, { ...second, text: "looks fine" }, third], "changed: Version 2"],
    ["removed", [first, third], "removed: Version 2"],
    ["re-ordered", [first, third, second], "re-ordered: Version 3"],
    ["repeated", [first, second, second, third], "repeated: Version 2"],
    ["made unreadable", [first, '{"caseId":', third], "line 2: there is no case event"],
    ["joined by what is none", [first, second, third, "{}"], "line 4: there is no case event"],
  ])("finds an event that was %s", async (_, lines, expected) => {
    const { code, out } = await verify(lines);
    expect([code, out[0]]).toEqual([1, expect.stringContaining(expected)]);
    expect(out.at(-2)).toContain("not whole");
  });

  it("says that it would not miss events that were cut off at the end", async () => {
    const { code, out } = await verify([first, second]);
    expect([code, out]).toEqual([
      0,
      ["2 events of 1 case, 0 snapshots: every chain holds.", unproven("1 case")],
    ]);
  });

  it("of nothing proves nothing", async () => {
    expect(await verify([])).toEqual({ code: 1, notes: [], out: ["There is no event to prove."] });
    const { code, notes } = await run(["cases", "verify", "--file", join(folder, "nowhere")]);
    expect([code, notes.join()]).toEqual([1, expect.stringContaining("CLI_INPUT_UNREADABLE")]);
  });
});
