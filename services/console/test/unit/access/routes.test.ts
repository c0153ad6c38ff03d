// A bug here adds a route to the console that serves whoever asks.

import { createLogger, loadConfig } from "@riffle/service-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConsoleAccess } from "../../../src/access/console-access.ts";
import { CaseDesk } from "../../../src/cases/case-desk.ts";
import { casePart } from "../../../src/cases/case-part.ts";
import { addCaseRoutes } from "../../../src/cases/case-routes.ts";
import { configSchema } from "../../../src/config.ts";
import { parts } from "../../../src/parts.ts";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import { projections } from "../../../src/read-model/projections.ts";
import { ReadModel } from "../../../src/read-model/read-model.ts";
import { buildServer } from "../../../src/server.ts";
import { contextOf } from "../../harness/console-context.ts";
import { bearer, openGate } from "./gate.ts";

type Server = ReturnType<typeof buildServer>;
/** Every route under /v1 and who may use it. A new one is added here by whoever has thought about that. */
const rules: Readonly<Record<string, string>> = {
  "DELETE /v1/session": "public",
  "GET /v1/accounts/:id": "analyst",
  "GET /v1/accounts/:id/windows": "analyst",
  "GET /v1/alerts": "viewer",
  "GET /v1/alerts/:id": "viewer",
  "GET /v1/audit": "admin",
  "GET /v1/cases": "viewer",
  "GET /v1/cases/:id": "viewer",
  "GET /v1/dead-letters": "viewer",
  "GET /v1/dead-letters/:topic/:partition/:offset": "admin",
  "GET /v1/feed": "viewer",
  "GET /v1/feed/events": "viewer",
  "GET /v1/ledger": "viewer",
  "GET /v1/overview": "viewer",
  "GET /v1/scenario": "viewer",
  "GET /v1/session": "public",
  "GET /v1/session/oidc": "public",
  "GET /v1/session/oidc/callback": "public",
  "GET /v1/session/ways": "public",
  "GET /v1/status": "viewer",
  "GET /v1/transactions": "viewer",
  "GET /v1/transactions/:id": "viewer",
  "POST /v1/cases/:id/commands": "analyst",
  "POST /v1/scenario": "analyst",
  "POST /v1/session": "public",
};

describe("the console", () => {
  const gate = openGate();
  const found = new Map<string, unknown>();
  let app: Server;
  let close: () => void;

  beforeAll(async () => {
    const log = createLogger({ service: "console", instance: "test", level: "silent" });
    const env = {
      KAFKA_BROKERS: "127.0.0.1:1",
      API_KEYS_FILE: `${gate.folder}/keys.json`,
      // With everything on that adds a route; nothing is asked of it.
      OIDC_ISSUER: "https://login.example",
      OIDC_CLIENT_ID: "riffle-console",
      OIDC_PUBLIC_URL: "https://console.example",
    };
    const config = loadConfig(configSchema, { env });
    const database = new ReadModelDatabase({ folder: undefined, projections });
    const model = new ReadModel({ database, projections });
    const access = openConsoleAccess({ config, log, folder: undefined, now: Date.now });
    app = buildServer({ log, guard: access.guard, trustProxy: access.trustProxy });
    app.addHook("onRoute", ({ method, url, config: rule }) => {
      if (method !== "HEAD") found.set(`${String(method)} ${url}`, rule?.access);
    });
    access.addRoutes(app);
    const context = contextOf({ config, log, model, access });
    for (const part of parts) {
      // The desk itself needs Kafka; its routes do not.
      if (part === casePart) {
        addCaseRoutes(app, { desk: new CaseDesk({ onAnswered: () => undefined }), model, now: Date.now });
      } else await part.register(app, context);
    }
    await app.ready();
    close = () => {
      access.close();
      database.close();
    };
  });
  afterAll(async () => {
    await app.close();
    close();
    await gate.close();
  });

  it("has these routes, each with its rule, and no other", () => {
    const routes = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
    const api = routes.filter(([route]) => route.includes(" /v1/"));
    expect(Object.fromEntries(api)).toEqual(rules);
    // The others are the dashboard's files, where it was built.
    for (const [route, rule] of routes) {
      if (!route.includes(" /v1/")) expect([route.split(" ")[0], rule]).toEqual(["GET", "public"]);
    }
  });

  it("answers each of their paths, asked in another way, with 405 and the methods that it takes", async () => {
    const methods = new Map<string, string[]>();
    for (const route of Object.keys(rules)) {
      const [method = "", path = ""] = route.split(" ");
      const heads = method === "GET" && !path.startsWith("/v1/feed") ? ["HEAD"] : [];
      methods.set(path, [...(methods.get(path) ?? []), method, ...heads]);
    }
    for (const [path, taken] of methods) {
      const allow = taken.toSorted().join(", ");
      const others = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
      for (const method of others.filter((each) => !taken.includes(each))) {
        const url = `${path.replace(/:\w+/g, "x")}?a=b`;
        const answer = await app.inject({ method, url, headers: bearer("admin") });
        expect([method, path, answer.statusCode, answer.headers.allow]).toEqual([method, path, 405, allow]);
        expect(answer.json()).toMatchObject({
          code: "method-not-allowed",
          detail: `This path takes ${allow}.`,
        });
      }
    }
  });

  it.each(["/v1/nothing", "/v1/alerts/x/y", "/v1", "/v1/cases/x/commands/y"])(
    "answers %s with 404 however it is asked, and with no Allow",
    async (url) => {
      for (const method of ["GET", "POST", "DELETE"] as const) {
        const answer = await app.inject({ method, url, headers: bearer("admin") });
        expect([method, answer.statusCode, answer.headers.allow]).toEqual([method, 404, undefined]);
        expect(answer.json()).toMatchObject({ code: "unknown-path" });
      }
    },
  );

  it("serves no route that is not public to who is not known, nor to a role below its own", async () => {
    const names = { viewer: [], analyst: ["viewer"], admin: ["viewer", "analyst"] } as const;
    for (const [route, rule] of found) {
      const [method, path] = route.split(" ");
      const url = (path ?? "").replace(/:\w+/g, "x");
      const ask = async (headers: Record<string, string>): Promise<number> =>
        (await app.inject({ method: method as "GET", url, headers })).statusCode;
      if (rule === "public") continue;
      expect([route, await ask({})]).toEqual([route, 401]);
      for (const role of names[rule as keyof typeof names]) {
        expect([route, role, await ask(bearer(role))]).toEqual([route, role, 403]);
      }
    }
  });
});
