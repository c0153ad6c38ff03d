// A bug here serves a stranger, lets a viewer see whose account it is, or lets another site act for who is signed in.

import { afterEach, describe, expect, it } from "vitest";
import { answer, bearer, keys, openGate, secrets } from "./gate.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const gate of open.splice(0)) await gate.close();
});
const gateOf = (...given: Parameters<typeof openGate>): ReturnType<typeof openGate> => {
  const gate = openGate(...given);
  open.push(gate);
  return gate;
};

describe("a route", () => {
  it("without a rule keeps the server from becoming ready", async () => {
    const { app } = gateOf();
    app.get("/v1/forgotten", () => answer);
    await expect(app.ready()).rejects.toThrow("GET /v1/forgotten");
  });

  it.each(["", "viewers", "everybody", null])("with a rule that is none, %j, does too", async (access) => {
    const { app } = gateOf();
    app.get("/v1/misspelt", { config: { access: access as never } }, () => answer);
    await expect(app.ready()).rejects.toThrow("GET /v1/misspelt");
  });

  const served = {
    viewer: ["viewer"],
    analyst: ["viewer", "analyst"],
    admin: ["viewer", "analyst", "admin"],
  };
  it.each(Object.entries(served))(
    "of their role and those below serve a key of %s, and no other",
    async (role, may) => {
      const { app } = gateOf();
      for (const route of ["viewer", "analyst", "admin"]) {
        const reply = await app.inject({ url: `/v1/${route}`, headers: bearer(role as "viewer") });
        expect([route, reply.statusCode]).toEqual([route, may.includes(route) ? 200 : 403]);
      }
    },
  );

  it.each(["/v1/things/%zz", `/v1/things/${"a".repeat(200)}`])(
    "is none where its path cannot be read: %s is a problem like any other, and comes back in nothing",
    async (url) => {
      const { app } = gateOf();
      app.get("/v1/things/:id", { config: { access: "viewer" } }, () => answer);
      const reply = await app.inject({ url, headers: { ...bearer("viewer"), "x-request-id": "r-1" } });
      expect([reply.statusCode, reply.json().code]).toEqual([400, "malformed-request"]);
      expect(reply.headers).toMatchObject({
        "content-type": "application/problem+json; charset=utf-8",
        "x-request-id": "r-1",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      });
      expect(reply.body).not.toContain(url.slice(11, 14));
    },
  );

  it.each([
    ["nothing", {}, 401],
    ["a key that is unknown", { authorization: `Bearer ${keys.viewer.key.slice(0, -1)}~` }, 401],
    ["a key and another", { ...bearer("viewer"), "x-api-key": keys.viewer.key }, 401],
    ["an empty header", { authorization: "" }, 401],
    ["a cookie of nobody", { cookie: `riffle-session=${"a".repeat(43)}` }, 401],
    ["a key that is good, of another service", bearer("shop"), 403],
    ["a page of another site", { ...bearer("admin"), origin: "https://evil.example" }, 403],
    ["a page that hides its site", { ...bearer("admin"), origin: "null" }, 403],
  ])("refuses %s, on every method, and says nothing of accounts", async (_, headers, status) => {
    const { app } = gateOf();
    for (const method of ["GET", "POST"] as const) {
      for (const url of ["/v1/viewer", "/v1/admin", "/v1/audit"]) {
        if (method === "POST" && url === "/v1/audit") continue;
        const reply = await app.inject({ method, url, headers });
        expect([method, url, reply.statusCode]).toEqual([method, url, status]);
        for (const secret of secrets) expect(reply.body).not.toContain(secret);
      }
    }
  });

  it("that is public serves everybody, and carries the policy for browsers like every other", async () => {
    const { app } = gateOf();
    const replies = [
      await app.inject({ url: "/page" }),
      await app.inject({ url: "/v1/viewer" }),
      await app.inject({ url: "/nowhere" }),
    ];
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 401, 404]);
    for (const { headers } of replies) {
      const policy = String(headers["content-security-policy"]);
      expect(policy.split(";").sort()).toEqual(
        [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "img-src 'self'",
          "font-src 'self'",
          "connect-src 'self'",
          "base-uri 'none'",
          "form-action 'self'",
          "frame-ancestors 'none'",
        ].sort(),
      );
      expect(policy).not.toContain("unsafe");
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
      });
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });
});

describe("account ids", () => {
  it("leave masked for a viewer, wherever they stand, and each account keeps its mask", async () => {
    const { app, lines } = gateOf();
    for (const url of ["/v1/viewer", "/v1/text"]) {
      const reply = await app.inject({ url, headers: bearer("viewer") });
      expect(reply.statusCode).toBe(200);
      for (const secret of secrets) expect(reply.body).not.toContain(secret);
      const [first, second] = reply.json().items;
      expect(first.accountId).toMatch(/^ac…[0-9a-f]{6}$/);
      expect(first.evidence[0]).toMatchObject({ accountId: first.accountId, id: `tx-${first.accountId}-1` });
      expect(Object.keys(first.evidence[0].metadata)).toEqual([`note-${first.accountId}`]);
      expect(second).toMatchObject({ topic: "filter.dlq.v1", message: `the key ${second.key} is too long` });
      expect(new Set([first.accountId, first.counterpartyId, second.key]).size).toBe(3);
    }
    expect(lines.filter((line) => line.includes("account ids were read"))).toEqual([]);
  });

  it("of JSON that cannot be looked through do not leave at all", async () => {
    const { app } = gateOf();
    const reply = await app.inject({ url: "/v1/stream", headers: bearer("viewer") });
    expect(reply.statusCode).toBe(500);
    for (const secret of secrets) expect(reply.body).not.toContain(secret);
  });

  it("may not be asked by where they may not be seen", async () => {
    const { app } = gateOf();
    for (const query of ["account=acct-1042", "limit=1&account=", "accountId=acct-1042"]) {
      const reply = await app.inject({ url: `/v1/viewer?${query}`, headers: bearer("viewer") });
      expect([reply.statusCode, reply.json().code]).toEqual([403, "role-missing"]);
      expect((await app.inject({ url: `/v1/viewer?${query}`, headers: bearer("analyst") })).statusCode).toBe(
        200,
      );
    }
  });

  it("that are read in full are put on record: who, by which route, whose", async () => {
    const { app, lines } = gateOf();
    for (const url of ["/v1/analyst?account=acct-1042", "/v1/text"]) {
      const reply = await app.inject({ url, headers: bearer("analyst") });
      expect(reply.json()).toEqual(answer);
    }
    await app.inject({ url: "/v1/session", headers: bearer("analyst") });
    const logged = lines
      .filter((line) => line.includes("account ids were read"))
      .map((line) => JSON.parse(line));
    expect(logged).toMatchObject([
      { audit: "reads", reader: "ana", via: "key", role: "analyst", route: "GET /v1/analyst", accounts: 3 },
      { audit: "reads", reader: "ana", route: "GET /v1/text", accounts: 3 },
    ]);
    for (const secret of secrets) expect(JSON.stringify(logged)).not.toContain(secret);
    const record = await app.inject({ url: "/v1/audit?limit=1", headers: bearer("admin") });
    expect(record.json()).toEqual({
      items: [
        {
          id: 2,
          at: "2026-03-01T12:00:00.000Z",
          name: "ana",
          via: "key",
          role: "analyst",
          route: "GET /v1/text",
          path: "/v1/text",
          accountIds: secrets,
          accounts: 3,
        },
      ],
      next: "2",
    });
    const before = await app.inject({ url: "/v1/audit?before=2", headers: bearer("admin") });
    expect(before.json().items).toMatchObject([{ id: 1, path: "/v1/analyst?account=acct-1042" }]);
    const whole = await app.inject({ url: "/v1/audit", headers: bearer("admin") });
    // Reading the record is a reading too.
    expect(whole.json().items[0]).toMatchObject({ name: "root", route: "GET /v1/audit" });
  });

  it("are not shown when the reading cannot be put on record", async () => {
    const gate = openGate();
    await gate.app.ready();
    gate.access.close();
    const reply = await gate.app.inject({ url: "/v1/analyst", headers: bearer("analyst") });
    expect(reply.statusCode).toBe(503);
    for (const secret of secrets) expect(reply.body).not.toContain(secret);
    await gate.app.close();
  });
});

describe("where nobody is asked", () => {
  const anybody = { API_KEYS_FILE: undefined } as never;

  it("everybody is an admin by the name of local, without a cookie", async () => {
    const { app } = gateOf(anybody);
    const session = await app.inject({ url: "/v1/session" });
    expect(session.json()).toEqual({
      me: { name: "local", roles: ["viewer", "analyst", "admin"], via: "none" },
      csrfToken: null,
    });
    expect((await app.inject({ method: "POST", url: "/v1/admin" })).statusCode).toBe(200);
    const login = await app.inject({ method: "POST", url: "/v1/session", payload: { key: "x" } });
    expect([login.statusCode, login.headers["set-cookie"]]).toEqual([200, undefined]);
  });

  it.each([
    ["localhost:8090", 200],
    ["127.0.0.1:8090", 200],
    ["[::1]:8090", 200],
    ["console:8090", 200],
    ["console.riffle.svc:8090", 200],
    ["10.1.2.3", 200],
    ["evil.example", 403],
    ["evil.example:8090", 403],
    ["127.0.0.1.evil.example", 403],
    ["localhost.evil.example", 403],
  ])(
    "a page that came by the name %s is answered %i: its name could be a stranger's",
    async (host, status) => {
      const { app } = gateOf(anybody);
      for (const url of ["/v1/viewer", "/page"]) {
        expect((await app.inject({ url, headers: { host } })).statusCode).toBe(status);
      }
    },
  );
});

describe("the configuration", () => {
  it("of production says who may read, or nothing starts", () => {
    expect(() => openGate({ NODE_ENV: "production", API_KEYS_FILE: undefined } as never)).toThrow("AUTH");
  });
});
