// A bug here looks like a viewer who reads an account's id out of a cursor, a page that is slower the further one goes, or one
// record that makes a list fail for everybody.

import { createLogger, loadConfig } from "@riffle/service-kit";
import { afterAll, describe, expect, it } from "vitest";
import { openConsoleAccess } from "../../../src/access/console-access.ts";
import { CaseDesk } from "../../../src/cases/case-desk.ts";
import { addCaseRoutes } from "../../../src/cases/case-routes.ts";
import { configSchema } from "../../../src/config.ts";
import { ReadModelDatabase, type SqlValue } from "../../../src/read-model/database.ts";
import { projections } from "../../../src/read-model/projections.ts";
import { ReadModel } from "../../../src/read-model/read-model.ts";
import { reads } from "../../../src/routes/reads.ts";
import { buildServer } from "../../../src/server.ts";
import { chunksOf } from "../../harness/chunks.ts";
import { contextOf } from "../../harness/console-context.ts";
import { noonMs, Story, transactionOf } from "../../harness/story.ts";
import { bearer, openGate } from "../access/gate.ts";

const gate = openGate();
const ends: (() => unknown)[] = [() => gate.close()];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** A database that notes what it is asked. */
class WatchedDatabase extends ReadModelDatabase {
  asked: { readonly sql: string; readonly parameters: readonly SqlValue[] }[] = [];

  override all<Row>(sql: string, ...parameters: readonly SqlValue[]): Row[] {
    this.asked.push({ sql, parameters });
    return super.all<Row>(sql, ...parameters);
  }

  override iterate<Row>(sql: string, ...parameters: readonly SqlValue[]): Iterable<Row> {
    this.asked.push({ sql, parameters });
    return super.iterate<Row>(sql, ...parameters);
  }
}

/** The console's reading routes behind the gate, over what a story leaves. */
async function consoleOf(story: Story) {
  const env = { KAFKA_BROKERS: "127.0.0.1:1", API_KEYS_FILE: `${gate.folder}/keys.json` };
  const config = loadConfig(configSchema, { env });
  const log = createLogger({ service: "console", instance: "test", level: "silent" });
  const database = new WatchedDatabase({ folder: undefined, projections });
  const model = new ReadModel({ database, projections });
  model.apply(chunksOf(story.records));
  const access = openConsoleAccess({ config, log, folder: undefined, now: Date.now });
  const app = buildServer({ log, guard: access.guard, trustProxy: access.trustProxy });
  await reads.register(app, contextOf({ config, log, model, access }));
  addCaseRoutes(app, { desk: new CaseDesk(), model, now: Date.now });
  ends.push(async () => {
    await app.close();
    access.close();
    database.close();
  });
  const ask = (url: string, role: "viewer" | "analyst" | "admin" = "viewer") =>
    app.inject({ url, headers: bearer(role) });
  return { database, ask };
}

const times = { receivedAtMs: noonMs, processedAtMs: noonMs };

/** Ten transactions of a minute each, two of them of the same instant, whose ids embed their account's. */
const tenOf = (accountId: string): Story => {
  const story = new Story();
  for (let n = 0; n < 10; n++) {
    const occurredAt = new Date(noonMs + Math.min(n, 8) * 60_000).toISOString();
    story.received(transactionOf({ id: `${accountId}-${n}`, accountId, occurredAt }), times);
  }
  return story;
};

describe("the pages of transactions", () => {
  /** All of them, as far as they go on: what each item is by its place, and the cursors in plain text. */
  const walk = async (ask: Awaited<ReturnType<typeof consoleOf>>["ask"], query: string) => {
    const texts: string[] = [];
    const offsets: number[] = [];
    for (let after = ""; ; ) {
      const reply = await ask(`/v1/transactions?limit=3&${query}${after}`);
      expect(reply.statusCode).toBe(200);
      const { items, next } = reply.json() as { items: { offset: number }[]; next: string | null };
      offsets.push(...items.map(({ offset }) => offset));
      texts.push(reply.body);
      if (next === null) return { texts, offsets };
      texts.push(Buffer.from(next, "base64url").toString("utf8"));
      after = `&after=${next}`;
    }
  };

  it("give each once, the newest first, and tell a viewer no account's id, not in their cursors either", async () => {
    const { ask } = await consoleOf(tenOf("acct-7042"));
    const { texts, offsets } = await walk(ask, "");
    expect(offsets).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(texts.length).toBeGreaterThan(4);
    for (const text of texts) expect(text).not.toContain("acct-7042");
  });

  it("end where they were asked to, whichever page one is on", async () => {
    const { ask } = await consoleOf(tenOf("acct-7042"));
    const until = new Date(noonMs + 8 * 60_000).toISOString();
    const since = new Date(noonMs + 2 * 60_000).toISOString();
    expect((await walk(ask, `until=${until}&since=${since}`)).offsets).toEqual([7, 6, 5, 4, 3, 2]);
  });

  it("go on behind a record that is there no more", async () => {
    const { ask, database } = await consoleOf(tenOf("acct-7042"));
    const { next } = (await ask("/v1/transactions?limit=3")).json() as { next: string };
    database.statement("DELETE FROM received WHERE offset = 7").run();
    const reply = await ask(`/v1/transactions?limit=3&after=${next}`);
    expect((reply.json() as { items: { offset: number }[] }).items.map(({ offset }) => offset)).toEqual([
      6, 5, 4,
    ]);
  });
});

describe("a list", () => {
  it.each([
    ["/v1/transactions", "received_by_time (event_ms>? AND (event_ms,id)<(?,?))"],
    ["/v1/transactions?until=1000&since=1", "received_by_time (event_ms>? AND (event_ms,id)<(?,?))"],
    [
      "/v1/transactions?account=acct-1",
      "received_by_account (account_id=? AND event_ms>? AND (event_ms,id)<(?,?))",
    ],
    ["/v1/alerts", "alerts_by_time (event_ms>? AND (event_ms,id)<(?,?))"],
    ["/v1/alerts?rule=velocity-burst", "alerts_by_rule (rule=? AND"],
    ["/v1/alerts?severity=low", "alerts_by_severity (severity=? AND"],
    ["/v1/alerts?status=withdrawn", "alerts_by_status (status=? AND"],
    ["/v1/alerts?severity=low&status=raised&rule=x&account=acct-1", "alerts_by_account (account_id=? AND"],
    ["/v1/cases", "cases_by_update ((updated_at_ms,id)<(?,?))"],
    ["/v1/cases?status=open", "cases_by_status (status=? AND (updated_at_ms,id)<(?,?))"],
    ["/v1/cases?assignee=ana&status=open", "cases_by_assignee (assignee=? AND (updated_at_ms,id)<(?,?))"],
    ["/v1/cases?account=acct-1&status=open", "cases_by_account (account_id=? AND (updated_at_ms,id)<(?,?))"],
    ["/v1/dead-letters", "dead_letters_by_time ((event_ms,topic,partition,offset)<(?,?,?,?))"],
  ])("%s is found by %s, and not by looking through a table or sorting it", async (url, index) => {
    const { ask, database } = await consoleOf(new Story());
    database.asked = [];
    expect((await ask(url, "analyst")).statusCode).toBe(200);
    const [{ sql, parameters } = { sql: "", parameters: [] }] = database.asked;
    const plan = database
      .all<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...parameters)
      .map(({ detail }) => detail);
    expect(plan[0]).toContain(index);
    expect(plan.filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([]);
  });
});

describe("alerts with much evidence", () => {
  it("come in smaller pages, each once", async () => {
    const pairs = Array.from({ length: 20 }, (_, n) => [`name-${n}`, "x".repeat(256)] as const);
    const story = new Story();
    for (let n = 0; n < 60; n++) {
      const occurredAt = new Date(noonMs + n * 1_000).toISOString();
      const causes = Array.from({ length: 20 }, (_, step) =>
        transactionOf({ id: `t-${n}-${step}`, occurredAt, metadata: Object.fromEntries(pairs) }),
      );
      story.alert("card-testing", causes, times);
    }
    const { ask } = await consoleOf(story);
    const seen: string[] = [];
    let pages = 0;
    for (let after: string | null = ""; after !== null; pages++) {
      const reply = await ask(`/v1/alerts?limit=500${after === "" ? "" : `&after=${after}`}`, "analyst");
      expect(reply.body.length).toBeLessThan(5 << 20);
      const { items, next } = reply.json() as { items: { id: string }[]; next: string | null };
      seen.push(...items.map(({ id }) => id));
      after = next;
    }
    expect([pages, seen.length, new Set(seen).size]).toEqual([2, 60, 60]);
  });
});

describe("an account", () => {
  it("with very many transactions is told as that, from the first to the last of them", async () => {
    const { ask, database } = await consoleOf(tenOf("acct-7042"));
    const transactionsOf = async () =>
      ((await ask("/v1/accounts/acct-7042", "analyst")).json() as { transactions: unknown }).transactions;
    const first = new Date(noonMs).toISOString();
    const last = new Date(noonMs + 8 * 60_000).toISOString();
    expect(await transactionsOf()).toEqual({ count: 10, isAtLeast: false, first, last });
    database.transaction(() => {
      const insert = database.statement(
        "INSERT INTO received VALUES (?, 'acct-7042', 0, ?, ?, NULL, NULL, '{}')",
      );
      for (let n = 10; n < 10_005; n++) insert.run(`more-${n}`, n, noonMs + 1);
    });
    expect(await transactionsOf()).toEqual({ count: 10_000, isAtLeast: true, first, last });
  });
});

describe("a record with a time that cannot be told", () => {
  it.each([
    ["before 1970", -1],
    ["after 9999", 4_611_686_018_427_388_000],
  ])("%s fails no list and no page", async (_, timestampMs) => {
    const story = new Story();
    const transaction = transactionOf({ id: "t-1", accountId: "acct-1" });
    story.received(transaction, { receivedAtMs: 999_999_999_999_999 }).screened(transaction, times);
    const records = story.records.map((record) => ({ ...record, timestampMs }));
    story.records.splice(0, records.length, ...records);
    const { ask } = await consoleOf(story);
    const paths = ["transactions", "transactions/t-1", "accounts/acct-1", "ledger", "overview"];
    for (const path of paths) {
      const reply = await ask(`/v1/${path}`, "analyst");
      expect([path, reply.statusCode]).toEqual([path, 200]);
    }
  });
});

describe("one dead letter", () => {
  it("is asked for by its very place", async () => {
    const { ask } = await consoleOf(new Story().unreadable("filter.dlq.v1", "acct-1", noonMs));
    const partition = new Story().partitionOf("acct-1");
    const statusOf = async (place: string): Promise<number> =>
      (await ask(`/v1/dead-letters/filter.dlq.v1/${place}`, "admin")).statusCode;
    expect(await statusOf(`${partition}/0`)).toBe(200);
    for (const place of [`${partition}/x`, `${partition}/-0`, `${partition}/0x0`, `${partition}/1`])
      expect([place, await statusOf(place)]).toEqual([place, 404]);
  });
});
