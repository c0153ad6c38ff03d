// A bug here shows a case that its events do not make, or hides one.

import { caseView, fold } from "@riffle/cases";
import type { CaseEvent } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { caseProjection } from "../../../src/cases/case-projection.ts";
import {
  caseEventAt,
  caseHistory,
  caseOfAlert,
  casesOfAccount,
  isCaseKnown,
  listCases,
} from "../../../src/cases/case-queries.ts";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import type { ModelRecord } from "../../../src/read-model/projection.ts";
import { Query } from "../../../src/routes/query.ts";
import { startMs } from "../../harness/cases/alerts.ts";
import { DeskRig } from "../../harness/cases/desk-rig.ts";
import { eventRecord } from "../../harness/cases/event-record.ts";

const recordOf = (value: unknown, offset: number): ModelRecord =>
  eventRecord(value, offset, { key: "acct-1", timestampMs: startMs });

const modelOf = (events: readonly unknown[]): ReadModelDatabase => {
  const database = new ReadModelDatabase({ folder: undefined, projections: [caseProjection] });
  caseProjection.apply(database, events.map(recordOf));
  return database;
};

/** Two accounts, three cases, one of them closed and followed. */
const told = async (): Promise<{ rig: DeskRig; ids: string[] }> => {
  const rig = await new DeskRig().begin();
  await rig.alerts({}, { accountId: "acct-2", atMs: startMs + 1_000 });
  const [first = ""] = rig.caseIds();
  await rig.give(first, 1, { command: "comment", text: "called" });
  await rig.give(first, 2, { command: "set-disposition", disposition: "confirmed-fraud" });
  await rig.give(first, 3, { command: "close" });
  await rig.alerts({ n: 2, atMs: startMs + 120_000 }, { n: 1, changedBy: "t-9", atMs: startMs + 121_000 });
  return { rig, ids: rig.caseIds() };
};

describe("a case in the read model", () => {
  it("is the fold of its events, with all of them", async () => {
    const { rig, ids } = await told();
    const database = modelOf(rig.events());
    for (const id of ids) {
      const own = rig.events().filter(({ caseId }) => caseId === id);
      const state = fold(own);
      expect(caseHistory(database, id)).toEqual({ case: state && caseView(state), events: own, next: null });
    }
    expect(caseHistory(database, "cs_none")).toBeUndefined();
  });

  it("is shown as it was at a version and at an instant, and not before it was opened", async () => {
    const { rig, ids } = await told();
    const database = modelOf(rig.events());
    const [first = ""] = ids;
    expect(caseHistory(database, first, { asOf: { version: 2 } })?.case).toMatchObject({
      version: 2,
      comments: 1,
      status: "open",
    });
    const at = (atMs: number) => caseHistory(database, first, { asOf: { atMs } });
    expect(at(startMs)?.case).toMatchObject({ version: 1, comments: 0 });
    expect(at(startMs - 1)).toBeUndefined();
    expect(caseEventAt(database, first, 2)).toMatchObject({ type: "commented", text: "called" });
    expect(caseEventAt(database, first, 9)).toBeUndefined();
  });

  it("is found by its account and by its alerts, the newest case first", async () => {
    const { rig, ids } = await told();
    const database = modelOf(rig.events());
    const [first = "", other = "", second = ""] = ids;
    expect(casesOfAccount(database, "acct-1").map(({ id }) => id)).toEqual([second, first]);
    const alertIds = (at: number) => casesOfAccount(database, "acct-1")[at]?.alertIds ?? [];
    expect(alertIds(0).map((id) => caseOfAlert(database, id))).toEqual([second, second]);
    expect(caseOfAlert(database, "al_none")).toBeNull();
    expect(isCaseKnown(database, other)).toBe(true);
    expect(isCaseKnown(database, "cs_none")).toBe(false);
  });

  it("stops at an event that does not follow, says so, and leaves the others alone", async () => {
    const { rig, ids } = await told();
    const [first = "", other = ""] = ids;
    const without = rig.events().filter((event) => !(event.caseId === first && event.version === 2));
    const database = modelOf([...without, undefined]);
    const history = caseHistory(database, first);
    expect(history).toMatchObject({ case: { version: 1 } });
    expect(history?.fault).toContain("the case is at version 1");
    expect(caseHistory(database, other)).not.toHaveProperty("fault");
  });

  it("comes in pages that leave none out and give none twice", async () => {
    const rig = await new DeskRig().begin();
    await rig.alerts(...Array.from({ length: 7 }, (_, n) => ({ accountId: `acct-${n}` })));
    const database = modelOf(rig.events() satisfies CaseEvent[]);
    const seen: string[] = [];
    let after: (number | string)[] | undefined;
    for (let pages = 0; pages < 3; pages++) {
      const { items, next } = listCases(database, { limit: 3, after });
      seen.push(...items.map(({ id }) => id));
      expect(next === null).toBe(pages === 2);
      after = new Query({ after: next ?? undefined }, ["after"]).after(["number", "string"]);
    }
    expect(seen.toSorted()).toEqual(rig.caseIds().toSorted());
  });

  it.each([
    [{ status: "open" as const }, 2],
    [{ status: "closed" as const }, 1],
    [{ accountId: "acct-2" }, 1],
    [{ assignee: "nobody" }, 0],
    [{ accountId: "acct-1", status: "closed" as const }, 1],
  ])("is listed by %j", async (filter, count) => {
    const { rig } = await told();
    expect(listCases(modelOf(rig.events()), { ...filter, limit: 10 }).items).toHaveLength(count);
  });
});
