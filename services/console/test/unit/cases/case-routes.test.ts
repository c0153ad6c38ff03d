// A bug here lets an analyst overwrite what a colleague did, or answers that nothing happened when something did.

import { topics } from "@riffle/contracts";
import type { FastifyInstance } from "fastify";
import { beforeEach, describe, expect, it } from "vitest";
import { caseProjection } from "../../../src/cases/case-projection.ts";
import { addCaseRoutes } from "../../../src/cases/case-routes.ts";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import { ReadModel } from "../../../src/read-model/read-model.ts";
import { buildServer } from "../../../src/server.ts";
import { startMs } from "../../harness/cases/alerts.ts";
import { DeskRig } from "../../harness/cases/desk-rig.ts";

let rig: DeskRig;
let app: FastifyInstance;
let model: ReadModel;
let id: string;
let applied = 0;

/** Applies what the desk has written to the read model. */
const catchUp = (): void => {
  const { name, codec } = topics.casesEvents;
  const events = rig.events().slice(applied);
  const records = events.map((event, i) => ({
    offset: applied + i,
    timestampMs: startMs,
    key: Buffer.from(event.accountId),
    value: codec.encode(event),
    headers: [["schema", Buffer.from(codec.schema)]] as const,
  }));
  applied += records.length;
  model.apply([{ topic: name, partition: 0, records, nextOffset: applied, bytes: 0 }]);
};

beforeEach(async () => {
  rig = await new DeskRig().begin();
  const database = new ReadModelDatabase({ folder: undefined, projections: [caseProjection] });
  model = new ReadModel({ database, projections: [caseProjection] });
  const log = { error: (...given: unknown[]) => expect(given).toEqual([]) };
  app = buildServer({
    log: log as never,
    trustProxy: false,
    guard: (server) => {
      server.addHook("onRequest", async (request) => {
        request.reader = {
          name: String(request.headers["x-test-name"] ?? "ann"),
          via: "key",
          role: "analyst",
          roles: ["viewer", "analyst"],
          seesFullIds: true,
          isStillIn: () => true,
        };
      });
    },
  });
  addCaseRoutes(app, { desk: rig.desk, model, now: () => startMs + 60_000 });
  applied = 0;
  await rig.alerts({});
  id = rig.caseIds()[0] ?? "";
  catchUp();
});

const post = async (body: unknown, { to = id, as = "ann" } = {}) => {
  const answer = app.inject({
    method: "POST",
    url: `/v1/cases/${to}/commands`,
    headers: { "x-test-name": as },
    payload: body as object,
  });
  // The request is read before the desk has it: let the task run until it is answered.
  let isOver = false;
  void answer.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    await rig.driver.resume();
  }
  return await answer;
};
const get = async (url: string) => await app.inject({ url });

describe("POST /v1/cases/:id/commands", () => {
  it("answers with the case and the event that the command made, in the name of who sent it", async () => {
    const answer = await post({ command: "assign", assignee: "bob", expectedVersion: 1 }, { as: "bob" });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      case: { id, version: 2, assignee: "bob", lastBy: "bob" },
      event: { type: "assigned", by: "bob", at: "2026-03-01T12:01:00.000Z" },
      repeated: false,
    });
    expect(answer.json().case).not.toHaveProperty("recentCommands");
  });

  it("answers the second of two with 409, the version and by whom", async () => {
    await post({ command: "comment", text: "first", expectedVersion: 1 });
    const late = await post({ command: "comment", text: "second", expectedVersion: 1 }, { as: "bob" });
    expect(late.statusCode).toBe(409);
    expect(late.json()).toMatchObject({ code: "case-version-conflict", currentVersion: 2, by: "ann" });
  });

  it("answers a repeat as the first time, with its event once that is in the read model", async () => {
    const body = { command: "comment", text: "once", expectedVersion: 1, commandId: "c-7" };
    const first = await post(body);
    expect((await post(body)).json()).toMatchObject({ repeated: true, event: null, case: { version: 2 } });
    catchUp();
    expect((await post(body)).json()).toEqual({ ...first.json(), repeated: true });
    expect(rig.events()).toHaveLength(2);
  });

  it("answers a refusal with 422 and its name", async () => {
    const answer = await post({ command: "close", expectedVersion: 1 });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: "case-command-refused", refusal: "no-disposition" });
  });

  it.each([
    [{}, '"command" must be one of assign, comment, link, set-disposition, close, reopen.'],
    [{ command: "delete", expectedVersion: 1 }, '"command" must be one of'],
    [{ command: "comment", expectedVersion: 1 }, '"text"'],
    [{ command: "comment", text: "x" }, '"expectedVersion"'],
    [{ command: "comment", text: "x", expectedVersion: 0 }, '"expectedVersion"'],
    [{ command: "comment", text: "", expectedVersion: 1 }, '"text"'],
    [{ command: "close", expectedVersion: 1, by: "eve" }, "a field that this command does not take"],
    [{ command: "link", caseId: "4111111111111111", expectedVersion: 1 }, '"caseId"'],
    [{ command: "set-disposition", disposition: "maybe", expectedVersion: 1 }, '"disposition"'],
  ])("refuses %j", async (body, detail) => {
    const answer = await post(body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: "malformed-request" });
    expect(answer.json().detail).toContain(detail);
    expect(answer.body).not.toContain("4111111111111111");
    expect(rig.events()).toHaveLength(1);
  });

  it("knows no case that is not there, and says 503 for one that another desk works", async () => {
    const body = { command: "comment", text: "x", expectedVersion: 1 };
    expect((await post(body, { to: `cs_${"0".repeat(32)}` })).statusCode).toBe(404);
    expect((await post(body, { to: "nothing" })).statusCode).toBe(404);
    rig.driver.restart();
    const answer = await app.inject({ method: "POST", url: `/v1/cases/${id}/commands`, payload: body });
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "1"]);
    expect(answer.json()).toMatchObject({ code: "case-desk-unavailable" });
  });

  it("says so when a command was taken and not confirmed in time", async () => {
    const answer = app.inject({
      method: "POST",
      url: `/v1/cases/${id}/commands`,
      payload: { command: "comment", text: "x", expectedVersion: 1, commandId: "c-1" },
    });
    let isOver = false;
    void answer.then(() => {
      isOver = true;
    });
    while (rig.desk.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    await rig.takeWithoutCommit();
    rig.expire();
    expect((await answer).json()).toMatchObject({ code: "case-outcome-unknown", status: 503 });
  });
});

describe("GET /v1/cases", () => {
  it("lists cases by status, assignee and account", async () => {
    await post({ command: "assign", assignee: "bob", expectedVersion: 1 });
    catchUp();
    expect((await get("/v1/cases")).json()).toMatchObject({ items: [{ id, version: 2 }], next: null });
    for (const query of ["status=open", "assignee=bob", "account=acct-1"])
      expect((await get(`/v1/cases?${query}`)).json().items).toHaveLength(1);
    for (const query of ["status=closed", "assignee=ann", "account=acct-2"])
      expect((await get(`/v1/cases?${query}`)).json().items).toHaveLength(0);
    expect((await get("/v1/cases?status=half")).statusCode).toBe(400);
  });
});

describe("GET /v1/cases/:id", () => {
  it("answers with the case and its events, as they are and as they were", async () => {
    await post({ command: "comment", text: "hello", expectedVersion: 1 });
    catchUp();
    const whole = (await get(`/v1/cases/${id}`)).json();
    expect(whole).toMatchObject({
      case: { version: 2 },
      events: [{ type: "opened" }, { type: "commented", text: "hello" }],
    });
    const then = "2026-03-01T12:00:59.999Z";
    for (const query of ["version=1", `asOf=${then}`])
      expect((await get(`/v1/cases/${id}?${query}`)).json()).toMatchObject({
        case: { version: 1 },
        events: [{}],
      });
  });

  it("answers with the events from a version on", async () => {
    await post({ command: "comment", text: "hello", expectedVersion: 1 });
    catchUp();
    const part = (await get(`/v1/cases/${id}?from=2`)).json();
    expect(part).toMatchObject({ case: { version: 2 }, events: [{ version: 2 }], next: null });
    expect((await get(`/v1/cases/${id}?from=3`)).json()).toMatchObject({ events: [], next: null });
    for (const from of ["0", "-1", "x"])
      expect((await get(`/v1/cases/${id}?from=${from}`)).json()).toMatchObject({ code: "invalid-query" });
  });

  it("answers 404 before the case was opened and for none, 400 for no time and for two", async () => {
    const statusOf = async (path: string) => (await get(`/v1/cases/${path}`)).statusCode;
    expect(await statusOf(`${id}?asOf=2026-03-01T11:59:59Z`)).toBe(404);
    expect(await statusOf("cs_none")).toBe(404);
    expect(await statusOf(`${id}?asOf=yesterday`)).toBe(400);
    expect(await statusOf(`${id}?asOf=2026-03-01T11:59:59Z&version=1`)).toBe(400);
  });
});
