// A server behind the gate with one route of each rule, keys of each role, and the time in the test's hand.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@riffle/service-kit";
import { makeApiKey } from "@riffle/service-kit/access";
import type { ConsoleAccessConfig } from "../../../src/access/config.ts";
import { type ConsoleAccess, openConsoleAccess } from "../../../src/access/console-access.ts";
import { buildServer } from "../../../src/server.ts";

/** The time all tests start at. */
export const startMs = Date.parse("2026-03-01T12:00:00.000Z");

export const keys = {
  viewer: makeApiKey({ name: "wall", scopes: ["console:view"] }),
  analyst: makeApiKey({ name: "ana", scopes: ["console:analyse"] }),
  admin: makeApiKey({ name: "root", scopes: ["console:admin"] }),
  shop: makeApiKey({ name: "shop", scopes: ["transactions:write"] }),
};

/** What a route of this harness answers: an account's id in every place where one may stand. */
export const answer = {
  items: [
    {
      id: "acct-1042-tx-7",
      accountId: "acct-1042",
      counterpartyId: "acct-9001",
      evidence: [{ id: "tx-acct-1042-1", accountId: "acct-1042", metadata: { "note-acct-1042": "x" } }],
      evidenceSteps: ["large"],
    },
    { topic: "filter.dlq.v1", key: "acct-77", message: "the key acct-77 is too long" },
  ],
  total: 2,
  next: null,
};

/** Everything in {@link answer} that no viewer may see. */
export const secrets = ["acct-1042", "acct-9001", "acct-77"];

/** Opens a gate; close it in the end. @param hasKeys whether it takes {@link keys} */
export function openGate(more: Partial<ConsoleAccessConfig> = {}, hasKeys = true) {
  const folder = mkdtempSync(join(tmpdir(), "riffle-gate-"));
  const keysFile = join(folder, "keys.json");
  const writeKeys = (...kept: readonly (keyof typeof keys)[]): void =>
    writeFileSync(keysFile, JSON.stringify({ keys: kept.map((name) => keys[name].entry) }));
  writeKeys("viewer", "analyst", "admin", "shop");
  let nowMs = startMs;
  const lines: string[] = [];
  const log = createLogger({
    service: "console",
    instance: "test",
    level: "info",
    to: { write: (line) => void lines.push(line) },
  });
  const ofKeys = hasKeys ? { API_KEYS_FILE: keysFile } : {};
  const own = {
    ...ofKeys,
    JWT_ROLES_CLAIM: "roles",
    OIDC_SCOPES: "openid profile email",
    SESSION_LIFE_MINUTES: 720,
    READS_AUDIT_DAYS: 400,
  };
  const open = (other: Partial<ConsoleAccessConfig> = {}): ConsoleAccess =>
    openConsoleAccess({
      config: { ...own, ...more, ...other },
      log,
      folder,
      now: () => nowMs,
    });
  const serve = (access: ConsoleAccess) => {
    const app = buildServer({ log, guard: access.guard, trustProxy: access.trustProxy });
    access.addRoutes(app);
    for (const role of ["viewer", "analyst", "admin"] as const) {
      app.get(`/v1/${role}`, { config: { access: role } }, () => answer);
      app.post(`/v1/${role}`, { config: { access: role } }, () => answer);
    }
    app.get("/page", { config: { access: "public" } }, () => "a page");
    app.get("/v1/text", { config: { access: "viewer" } }, (_request, reply) =>
      reply.type("application/json").send(JSON.stringify(answer)),
    );
    app.get("/v1/stream", { config: { access: "viewer" } }, (_request, reply) =>
      reply.type("application/json").send(Buffer.from(JSON.stringify(answer))),
    );
    return app;
  };
  const access = open();
  const app = serve(access);
  return {
    app,
    access,
    lines,
    folder,
    writeKeys,
    /** Opens the same files again, as a restart does, with variables on top. */
    reopen: (other: Partial<ConsoleAccessConfig> = {}) => serve(open(other)),
    advance: (ms: number): void => {
      nowMs += ms;
    },
    close: async () => {
      await app.close();
      access.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const bearer = (role: keyof typeof keys) => ({ authorization: `Bearer ${keys[role].key}` });
