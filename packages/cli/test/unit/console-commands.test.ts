// A bug here shows a person something else than the console said, or does a command twice, or not, without telling.

import { describe, expect, it } from "vitest";
import { type Asked, httpDouble, nowhere, type Reply } from "../harness/http-double.ts";
import { run } from "../harness/recorded-terminal.ts";

const caseId = `cs_${"a".repeat(32)}`;
const onConsole = async (answer: (asked: Asked, count: number) => Reply) => {
  const { url, asked } = await httpDouble(answer);
  return { asked, riffle: (...words: string[]) => run([...words, "--console-url", url]) };
};

const passport = {
  id: "tx-1",
  accountId: "ac…5b01fe",
  status: "screened",
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  transaction: { amount: 1250, currency: "EUR", occurredAt: "2026-03-01T12:00:00.000Z", type: "purchase" },
  hops: [
    {
      stage: "received",
      service: "ingest",
      topic: "transactions.received.v1",
      partition: 3,
      offset: 17,
      atMs: 0,
      sincePreviousMs: null,
    },
    {
      stage: "screened",
      service: "filter",
      topic: "transactions.screened.v1",
      partition: 3,
      offset: 9,
      atMs: 12,
      sincePreviousMs: 12,
    },
  ],
  windows: [
    {
      kind: "tumbling",
      start: 0,
      end: 60_000,
      currency: "EUR",
      count: 2,
      sum: 2_501,
      average: 1_250.5,
      final: true,
    },
  ],
  patterns: [
    {
      alertId: "al_1",
      rule: "card-testing",
      ruleVersion: 1,
      status: "raised",
      step: 2,
      steps: 4,
      stepName: "small",
    },
  ],
  alerts: [
    {
      id: "al_1",
      rule: "card-testing",
      severity: "high",
      status: "raised",
      reason: "3 small \u001b[2J ones",
    },
  ],
  deliveries: [{ channel: "webhook", outcome: "delivered", attempts: [{ at: "2026-03-01T12:00:01.000Z" }] }],
  deadLetter: null,
  late: [],
};

describe("riffle explain", () => {
  it("shows every hop with the time between, windows, steps of patterns, alerts and who was told", async () => {
    const { riffle, asked } = await onConsole(() => ({ body: passport }));
    const { code, out } = await riffle("explain", "tx-1");
    expect([code, asked[0]?.path]).toEqual([0, "/v1/transactions/tx-1"]);
    expect(out).toEqual([
      "tx-1  screened",
      "account ac…5b01fe, 12.50 EUR, at 2026-03-01T12:00:00.000Z",
      "purchase",
      "trace 4bf92f3577b34da6a3ce929d0e0e4736",
      "",
      "hops",
      "  STAGE     SERVICE  RECORD                         HANDLED AT                AFTER",
      "  received  ingest   transactions.received.v1/3/17  1970-01-01T00:00:00.000Z  -",
      "  screened  filter   transactions.screened.v1/3/9   1970-01-01T00:00:00.012Z  12 ms",
      "",
      "windows",
      "  WINDOW    FROM                      TO                        COUNT  SUM        AVERAGE",
      "  tumbling  1970-01-01T00:00:00.000Z  1970-01-01T00:01:00.000Z  2      25.01 EUR  12.51 EUR  final",
      "",
      "patterns",
      "  card-testing v1: small, step 2 of 4, raised as al_1",
      "",
      "alerts",
      "  high  raised  card-testing  al_1  3 small \\u{1b}[2J ones",
      "",
      "told",
      "  webhook: delivered after 1 attempt at 2026-03-01T12:00:01.000Z",
    ]);
    expect(JSON.parse((await riffle("explain", "tx-1", "--json")).out.join())).toEqual(passport);
  });

  it("says what the console said when it knows nothing, waits when it asks to, and when nobody is there", async () => {
    const problem = { code: "not-found", detail: "rebuilding: 40 %" };
    const { riffle, asked } = await onConsole((_, count) =>
      count === 1
        ? { status: 503, headers: { "retry-after": "0" }, body: {} }
        : { status: 404, body: problem },
    );
    const { code, notes } = await riffle("explain", "tx-9");
    expect([code, notes, asked.length]).toEqual([
      1,
      ["The console answered 404 not-found: rebuilding: 40 % (CLI_NOT_FOUND)"],
      2,
    ]);
    const gone = await run(["explain", "tx-9", "--console-url", await nowhere()]);
    expect([gone.code, gone.notes.join()]).toEqual([
      1,
      expect.stringContaining("does not answer: ECONNREFUSED"),
    ]);
    expect((await run(["explain", "../x"])).code).toBe(2);
  });

  it("shows who it is by the variables, and says which are missing", async () => {
    const { riffle } = await onConsole(() => ({
      status: 401,
      body: { code: "unauthenticated", detail: "who?" },
    }));
    expect((await riffle("explain", "tx-1")).notes.join()).toContain("Set RIFFLE_API_KEY or RIFFLE_TOKEN");
    const { url, asked } = await httpDouble(() => ({ body: passport }));
    await run(["explain", "tx-1"], { env: { RIFFLE_CONSOLE_URL: url, RIFFLE_TOKEN: "jwt" } });
    expect(asked[0]?.headers.authorization).toBe("Bearer jwt");
  });
});

describe("riffle alerts show", () => {
  it("names the step of each cause beside its place", async () => {
    const cause = { occurredAt: "2026-03-01T12:00:00Z", amount: 200, currency: "EUR", type: "purchase" };
    const alert = {
      id: "al_1",
      evidence: [
        { ...cause, id: "tx-1" },
        { ...cause, id: "tx-2", country: "PT" },
      ],
      evidenceSteps: ["small", "large"],
    };
    const { riffle } = await onConsole(() => ({ body: { alert, history: [], deliveries: [] } }));
    const { out } = await riffle("alerts", "show", "al_1");
    expect(out.slice(out.indexOf("evidence") + 1)).toEqual([
      "  TRANSACTION  STEP           AT                    AMOUNT    TYPE      COUNTRY",
      "  tx-1         small, 1 of 2  2026-03-01T12:00:00Z  2.00 EUR  purchase  -",
      "  tx-2         large, 2 of 2  2026-03-01T12:00:00Z  2.00 EUR  purchase  PT",
    ]);
  });
});

describe("lists", () => {
  it("are read page after page up to the limit", async () => {
    const { riffle, asked } = await onConsole(({ path }) => {
      const after = Number(new URL(path, "http://x").searchParams.get("after") ?? 0);
      const limit = Number(new URL(path, "http://x").searchParams.get("limit"));
      const count = Math.min(limit, 2);
      const items = Array.from({ length: count }, (_, i) => ({ id: `al_${after + i}`, severity: "high" }));
      return { body: { items, next: String(after + count) } };
    });
    const { out, notes } = await riffle("alerts", "list", "--limit", "5", "--severity", "high", "--json");
    expect(out.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([
      "al_0",
      "al_1",
      "al_2",
      "al_3",
      "al_4",
    ]);
    expect(notes).toEqual(["Shown are the newest 5; --limit shows more."]);
    expect(asked[0]?.path).toBe("/v1/alerts?severity=high&limit=5");
    expect((await riffle("alerts", "list", "--severity", "hihg")).notes.join()).toContain(
      "did you mean high?",
    );
  });

  it("that are empty say so", async () => {
    const { riffle } = await onConsole(() => ({ body: { items: [], next: null } }));
    expect((await riffle("alerts", "list")).out).toEqual(["No alerts."]);
    expect((await riffle("cases", "list", "--status", "open")).out).toEqual(["No cases."]);
  });
});

/** A console with one case at a version, at which somebody else may be first. */
const withCase = async (version: number, conflicts: number, refusals: readonly Reply[] = []) => {
  const left = [...refusals];
  let current = version;
  let conflictsLeft = conflicts;
  return onConsole(({ method, body }) => {
    if (method === "GET")
      return { body: { case: { id: caseId, version: current, status: "open" }, events: [] } };
    const refusal = left.shift();
    if (refusal !== undefined) return refusal;
    const { expectedVersion } = JSON.parse(body) as { expectedVersion: number };
    if (conflictsLeft-- > 0) current++;
    if (expectedVersion !== current)
      return { status: 409, body: { code: "case-version-conflict", currentVersion: current, by: "ada" } };
    return { body: { case: { id: caseId, version: current + 1, status: "open", assignee: "ada" } } };
  });
};

describe("riffle cases show", () => {
  const event = (version: number) => ({ version, at: "2026-03-01T12:00:00Z", by: "ada", type: "commented" });
  const show = async (versions: readonly number[], next: number | null, ...words: string[]) => {
    const found = { case: { id: caseId, version: 600 }, events: versions.map(event), next };
    const { riffle, asked } = await onConsole(() => ({ body: found }));
    return { ...(await riffle("cases", "show", caseId, ...words)), path: asked[0]?.path };
  };

  it("says where the rest of a long history is, and nothing where there is none", async () => {
    expect((await show([1, 2], null)).notes).toEqual([]);
    expect((await show([401, 600], null)).notes).toEqual([
      "Shown is a part of the history; --from 1 shows it from its beginning.",
    ]);
    const { notes, path } = await show([201, 400], 401, "--from", "201", "--version", "500");
    expect(path).toBe(`/v1/cases/${caseId}?version=500&from=201`);
    expect(notes).toEqual([
      "Shown is a part of the history; --from 1 shows it from its beginning, --from 401 shows what comes after this.",
    ]);
  });
});

const commandsIn = (asked: readonly Asked[]): Record<string, unknown>[] =>
  asked
    .filter(({ method }) => method === "POST")
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>);

describe("a command on a case", () => {
  it.each([
    [["assign", caseId, "ada"], { command: "assign", assignee: "ada" }],
    [["assign", caseId, "-"], { command: "assign", assignee: null }],
    [["comment", caseId, "called the holder"], { command: "comment", text: "called the holder" }],
    [["link", caseId, `cs_${"b".repeat(32)}`], { command: "link", caseId: `cs_${"b".repeat(32)}` }],
    [
      ["disposition", caseId, "false-positive", "--reason", "known device"],
      { command: "set-disposition", disposition: "false-positive", reason: "known device" },
    ],
    [["close", caseId], { command: "close" }],
    [["reopen", caseId], { command: "reopen" }],
  ])("is posted for the version that is there: %j", async (words, expected) => {
    const { riffle, asked } = await withCase(4, 0);
    const { code, out } = await riffle("cases", ...words);
    expect([code, out]).toEqual([0, [`${caseId} is at version 5: open, assignee ada, disposition none.`]]);
    expect(commandsIn(asked)).toEqual([{ ...expected, expectedVersion: 4, commandId: expect.any(String) }]);
  });

  it("that decides something is not done when somebody else was first", async () => {
    const { riffle, asked } = await withCase(4, 1);
    const { code, notes } = await riffle("cases", "close", caseId);
    expect([code, notes.join()]).toEqual([
      1,
      expect.stringContaining(`ada changed ${caseId} first: it is at version 5`),
    ]);
    expect(commandsIn(asked)).toHaveLength(1);
  });

  it("that only adds is given again on the newer version, unless a version was named", async () => {
    const { riffle, asked } = await withCase(4, 1);
    expect((await riffle("cases", "comment", caseId, "x")).code).toBe(0);
    expect(commandsIn(asked).map(({ expectedVersion }) => expectedVersion)).toEqual([4, 5]);
    const strict = await withCase(4, 1);
    const { code, notes } = await strict.riffle("cases", "comment", caseId, "x", "--expect-version", "4");
    expect([code, notes.join()]).toEqual([1, expect.stringContaining("CLI_CASE_CHANGED")]);
  });

  it("whose outcome is unknown is repeated with the same id", async () => {
    const { riffle, asked } = await withCase(4, 0, [
      { status: 503, headers: { "retry-after": "0" }, body: { code: "case-outcome-unknown" } },
    ]);
    expect((await riffle("cases", "close", caseId)).code).toBe(0);
    const [first, second, ...others] = commandsIn(asked).map(({ commandId }) => commandId);
    expect([first === second, others]).toEqual([true, []]);
  });

  it("that is refused says why", async () => {
    const { riffle } = await withCase(4, 0, [
      { status: 422, body: { code: "case-command-refused", detail: "set a disposition first" } },
    ]);
    expect((await riffle("cases", "close", caseId)).notes.join()).toContain("set a disposition first");
  });

  it.each([
    [["assign", caseId], "takes a case id and <name>|-"],
    [["close", "cs_1"], "is no case's id"],
    [["disposition", caseId, "fraud"], "there are confirmed-fraud, false-positive"],
    [["show", caseId, "--as-of", "2026-03-01T12:00:00Z", "--version", "3"], "not both"],
  ])("that cannot be meant is refused before anything is asked: %j", async (words, part) => {
    const { code, notes } = await run(["cases", ...words, "--console-url", "http://127.0.0.1:9"]);
    expect([code, notes.join()]).toEqual([2, expect.stringContaining(part)]);
  });
});
