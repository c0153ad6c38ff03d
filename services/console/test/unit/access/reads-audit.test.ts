// A bug here forgets whose accounts somebody has read: ids beyond some number, rows that newer ones push out, or readings that
// are shown though they could not be written down.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { createLogger } from "@riffle/service-kit";
import { afterEach, describe, expect, it } from "vitest";
import { openAccessDatabase } from "../../../src/access/access-database.ts";
import { NotOnRecordError, ReadsAudit } from "../../../src/access/reads-audit.ts";
import { bearer, openGate, startMs } from "./gate.ts";

const dayMs = 86_400_000;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function auditOf({ days = 400, folder }: { readonly days?: number; readonly folder?: string } = {}) {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ service: "console", instance: "test", level: "info", to });
  const database: DatabaseSync = openAccessDatabase(folder);
  ends.push(() => database.isOpen && database.close());
  let nowMs = startMs;
  const audit = new ReadsAudit(database, { log, nowMs: () => nowMs, days });
  const read = (...ids: readonly string[]): void =>
    audit.record({
      reader: { name: "ana", via: "key", role: "analyst" },
      route: "GET /v1/alerts",
      path: "/v1/alerts?limit=500",
      accountIds: new Set(ids),
    });
  /** Every row, by the pages that an admin reads. */
  const all = () => {
    const rows = [];
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const { items, hasMore } = audit.page(1_000, before);
      rows.push(...items);
      if (!hasMore) return rows;
      before = items.at(-1)?.id ?? 0;
    }
  };
  return {
    audit,
    database,
    lines,
    read,
    all,
    advance: (ms: number): void => {
      nowMs += ms;
    },
  };
}

const idsOf = (count: number, of: string = ""): string[] =>
  Array.from({ length: count }, (_, i) => `acct-${of}${i}`);

describe("the record of readings", () => {
  it("has every id that was shown, however many there were", () => {
    const { read, all } = auditOf();
    read(...idsOf(5_000));
    expect(all()).toMatchObject([{ accounts: 5_000, accountIds: idsOf(5_000) }]);
  });

  it("keeps a row though a hundred thousand others come behind it", { timeout: 30_000 }, () => {
    const { audit, database, read, advance } = auditOf();
    read("acct-first");
    database.exec(`INSERT INTO reads_audit (at_ms, name, via, role, route, path, account_ids, accounts)
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      SELECT at_ms, name, via, role, route, path, account_ids, accounts FROM reads_audit, n`);
    for (let n = 0; n < 1_001; n++) read("acct-noise");
    advance(dayMs);
    read("acct-last");
    const newest = audit.page(1, Number.MAX_SAFE_INTEGER).items[0]?.id ?? 0;
    expect(newest).toBeGreaterThan(101_000);
    expect(audit.page(10, 2).items).toMatchObject([{ id: 1, accountIds: ["acct-first"] }]);
  });

  it("keeps rows for as many days as it is told, and then removes them, at its opening and while it runs", () => {
    const folder = mkdtempSync(join(tmpdir(), "riffle-reads-"));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const first = auditOf({ days: 3, folder });
    first.read("acct-1");
    first.advance(3 * dayMs - 1);
    first.read("acct-2");
    expect(first.all().map(({ accountIds }) => accountIds)).toEqual([["acct-2"], ["acct-1"]]);
    first.advance(3_600_000);
    first.read("acct-3");
    expect(first.all().map(({ accountIds }) => accountIds)).toEqual([["acct-3"], ["acct-2"]]);
    expect(first.lines.filter((line) => line.includes('"rows":1'))).toHaveLength(1);
    first.database.close();
    expect(auditOf({ days: 3, folder }).all()).toHaveLength(2);
    const later = openAccessDatabase(folder);
    ends.push(() => later.close());
    const log = createLogger({ service: "console", instance: "test", level: "silent" });
    const audit = new ReadsAudit(later, { log, nowMs: () => startMs + 30 * dayMs, days: 3 });
    expect(audit.page(10, Number.MAX_SAFE_INTEGER)).toEqual({ items: [], hasMore: false });
  });

  it("gives no page of more than 10,000 ids, and leaves out no row", () => {
    const { audit, read, all } = auditOf();
    for (let n = 0; n < 30; n++) read(...idsOf(999, `${n}-`));
    read(...idsOf(12_000));
    const first = audit.page(1_000, Number.MAX_SAFE_INTEGER);
    expect(first).toMatchObject({ items: [{ id: 31, accounts: 12_000 }], hasMore: true });
    expect(audit.page(1_000, 31).items).toHaveLength(10);
    expect(all().map(({ id }) => id)).toEqual(Array.from({ length: 31 }, (_, i) => 31 - i));
  });

  it("refuses readings while its disk is full, says so once, and goes on when there is room", () => {
    const { database, read, all, lines } = auditOf();
    read("acct-before");
    const pages = Number(Object.values(database.prepare("PRAGMA page_count").get() ?? {})[0]);
    database.exec(`PRAGMA max_page_count = ${pages}`);
    expect(() => read(...idsOf(5_000))).toThrow(NotOnRecordError);
    expect(() => read(...idsOf(5_000))).toThrow("DATA_DIR");
    expect(lines.filter((line) => line.includes("cannot be put on record"))).toHaveLength(1);
    expect(lines.join("")).not.toContain("acct-");
    database.exec(`PRAGMA max_page_count = ${pages + 1_000}`);
    read(...idsOf(5_000));
    expect(all().map(({ accounts }) => accounts)).toEqual([5_000, 1]);
    expect(lines.filter((line) => line.includes("on record again"))).toHaveLength(1);
  });
});

describe("a reading that cannot be put on record", () => {
  it("is answered 503 without an id, and says why", async () => {
    const gate = openGate();
    ends.push(() => rmSync(gate.folder, { recursive: true, force: true }));
    ends.push(() => gate.app.close());
    await gate.app.ready();
    gate.access.close();
    const reply = await gate.app.inject({ url: "/v1/analyst", headers: bearer("analyst") });
    expect([reply.statusCode, reply.json().code, reply.headers["retry-after"]]).toEqual([
      503,
      "reading-not-on-record",
      "5",
    ]);
    expect(reply.body).not.toContain("acct-");
  });
});
