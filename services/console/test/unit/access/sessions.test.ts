// A bug here lets a session outlive its key, lets another site act by it, or hands out a cookie that scripts can read.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import { openAccessDatabase } from "../../../src/access/access-database.ts";
import { Sessions } from "../../../src/access/sessions.ts";
import { keys, openGate, startMs } from "./gate.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const gate of open.splice(0)) await gate.close();
});
const gateOf = (...given: Parameters<typeof openGate>): ReturnType<typeof openGate> => {
  const gate = openGate(...given);
  open.push(gate);
  return gate;
};
type Gate = ReturnType<typeof openGate>;

async function login(
  { app }: Pick<Gate, "app">,
  key: string = keys.analyst.key,
  headers: Record<string, string> = {},
) {
  const reply = await app.inject({ method: "POST", url: "/v1/session", payload: { key }, headers });
  const setCookie = String(reply.headers["set-cookie"] ?? "");
  return { reply, setCookie, cookie: setCookie.split(";")[0] ?? "", csrf: String(reply.json().csrfToken) };
}

describe("signing in", () => {
  it("gives a browser of this machine a cookie without TLS, and any other one that must have it", async () => {
    const gate = gateOf();
    const here = await login(gate);
    expect(here.reply.json().me).toEqual({ name: "ana", roles: ["viewer", "analyst"], via: "session" });
    expect(here.setCookie).toMatch(/^riffle-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const secure = /^__Host-riffle-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/;
    expect((await login(gate, keys.analyst.key, { host: "console.example" })).setCookie).toMatch(secure);
    const behindProxy = { host: "127.0.0.1:8090", "x-forwarded-proto": "https" };
    expect((await login(gate, keys.analyst.key, behindProxy)).setCookie).toMatch(secure);
  });

  it.each([
    ["no key", {}, 400],
    ["a key that is no text", { key: 1 }, 400],
    ["more than a key", { key: keys.analyst.key, role: "admin" }, 400],
    ["an unknown key", { key: `${keys.analyst.key.slice(0, -1)}~` }, 401],
    ["a key without a role here", { key: keys.shop.key }, 403],
  ])("is refused with %s, and sets no cookie", async (_, payload, status) => {
    const reply = await gateOf().app.inject({ method: "POST", url: "/v1/session", payload });
    expect([reply.statusCode, reply.headers["set-cookie"]]).toEqual([status, undefined]);
  });

  it("is refused to another site's page", async () => {
    const { reply } = await login(gateOf(), keys.analyst.key, { origin: "https://evil.example" });
    expect([reply.statusCode, reply.json().code]).toEqual([403, "foreign-origin"]);
  });

  it("with bad keys may be tried ten times at once from one address, and then every five seconds", async () => {
    const gate = gateOf();
    for (let n = 0; n < 10; n++) expect((await login(gate, "wrong")).reply.statusCode).toBe(401);
    const { reply } = await login(gate, "wrong");
    expect([reply.statusCode, reply.json().code, reply.headers["retry-after"]]).toEqual([
      429,
      "login-too-often",
      "5",
    ]);
    gate.advance(5_000);
    expect((await login(gate, "wrong")).reply.statusCode).toBe(401);
    expect((await login(gate, "wrong")).reply.statusCode).toBe(429);
  });
});

describe("a session", () => {
  const statusOf = async ({ app }: Pick<Gate, "app">, cookie: string): Promise<number> =>
    (await app.inject({ url: "/v1/viewer", headers: { cookie } })).statusCode;

  it("changes something only with its own token, and only for a page of ours", async () => {
    const gate = gateOf();
    const { cookie, csrf } = await login(gate);
    const other = await login(gate);
    const post = async (headers: Record<string, string>): Promise<unknown[]> => {
      const reply = await gate.app.inject({
        method: "POST",
        url: "/v1/analyst",
        headers: { cookie, ...headers },
      });
      return [reply.statusCode, reply.json().code];
    };
    expect((await post({ "x-csrf-token": csrf }))[0]).toBe(200);
    expect((await post({ "x-csrf-token": csrf, origin: "http://localhost:80" }))[0]).toBe(200);
    expect(await post({})).toEqual([403, "csrf-token-wrong"]);
    expect(await post({ "x-csrf-token": other.csrf })).toEqual([403, "csrf-token-wrong"]);
    expect(await post({ "x-csrf-token": "" })).toEqual([403, "csrf-token-wrong"]);
    const foreign = { "x-csrf-token": csrf, origin: "http://localhost:81" };
    expect(await post(foreign)).toEqual([403, "foreign-origin"]);
    const logout = { method: "DELETE", url: "/v1/session" } as const;
    expect((await gate.app.inject({ ...logout, headers: { cookie } })).statusCode).toBe(403);
    expect(await statusOf(gate, cookie)).toBe(200);
  });

  it("ends when it is ended, and the cookie is taken back", async () => {
    const gate = gateOf();
    const { cookie, csrf } = await login(gate);
    const headers = { cookie, "x-csrf-token": csrf };
    const reply = await gate.app.inject({ method: "DELETE", url: "/v1/session", headers });
    expect(reply.statusCode).toBe(204);
    expect(String(reply.headers["set-cookie"])).toMatch(/^riffle-session=; Max-Age=0;/);
    expect(await statusOf(gate, cookie)).toBe(401);
  });

  it("ends when another begins in the same browser", async () => {
    const gate = gateOf();
    const { cookie, csrf } = await login(gate);
    await login(gate, keys.viewer.key, { cookie, "x-csrf-token": csrf });
    expect(await statusOf(gate, cookie)).toBe(401);
  });

  it("ends after an hour without a sign of its browser, and after twelve in any case", async () => {
    const gate = gateOf();
    const { cookie } = await login(gate);
    gate.advance(3_599_999);
    expect(await statusOf(gate, cookie)).toBe(200);
    gate.advance(3_599_999);
    expect(await statusOf(gate, cookie)).toBe(200);
    gate.advance(3_600_000);
    expect(await statusOf(gate, cookie)).toBe(401);
    const next = await login(gate);
    for (let minutes = 0; minutes < 12 * 60; minutes += 30) {
      expect(await statusOf(gate, next.cookie)).toBe(200);
      gate.advance(1_800_000);
    }
    expect(await statusOf(gate, next.cookie)).toBe(401);
  });

  it("ends after SESSION_LIFE_MINUTES, also one that began when they were more", async () => {
    const gate = gateOf();
    const { cookie } = await login(gate);
    const after = gate.reopen({ SESSION_LIFE_MINUTES: 30 });
    gate.advance(1_799_999);
    expect(await statusOf({ app: after }, cookie)).toBe(200);
    gate.advance(1);
    expect(await statusOf({ app: after }, cookie)).toBe(401);
    await after.close();
  });

  it("is found while its file cannot be written, and for no longer than it would be", () => {
    let nowMs = startMs;
    const database = openAccessDatabase(undefined);
    const sessions = new Sessions(database, { nowMs: () => nowMs, lifeMinutes: 720 });
    const proof = { kind: "sign-in", issuer: "https://login.example", clientId: "riffle" } as const;
    const { token } = sessions.begin({ proof, name: "oidc:ana", role: "analyst" });
    // As a full disk does: what is written fails, what is there can be read.
    database.exec("PRAGMA query_only = 1");
    nowMs += 3_599_999;
    expect(sessions.find(token)?.role).toBe("analyst");
    // That it was seen then could not be noted.
    nowMs += 1;
    expect(sessions.find(token)).toBeUndefined();
    expect(() => sessions.end(token)).toThrow(/readonly/);
  });

  it("outlives a restart, and its file has neither token nor key", async () => {
    const gate = gateOf();
    const { cookie } = await login(gate);
    const after = gate.reopen();
    expect((await after.inject({ url: "/v1/viewer", headers: { cookie } })).statusCode).toBe(200);
    await after.close();
    for (const name of ["access.sqlite", "access.sqlite-wal"]) {
      const bytes = readFileSync(join(gate.folder, name)).toString("latin1");
      expect(bytes).not.toContain(cookie.split("=")[1]);
      expect(bytes).not.toContain(keys.analyst.key.slice(13));
    }
  });

  it("ends with its key, and has no other role than its key has now", async () => {
    const gate = gateOf();
    const { cookie } = await login(gate);
    gate.writeKeys("viewer", "admin");
    const after = gate.reopen();
    expect((await after.inject({ url: "/v1/viewer", headers: { cookie } })).statusCode).toBe(401);
    await after.close();
  });

  it("of a token ends when the token does", async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "ES256", use: "sig" };
    const spare = gateOf();
    const JWT_JWKS_FILE = join(spare.folder, "jwks.json");
    writeFileSync(JWT_JWKS_FILE, JSON.stringify({ keys: [jwk] }));
    const gate = gateOf({ JWT_JWKS_FILE, JWT_ISSUER: "https://issuer.example", JWT_AUDIENCE: "riffle" });
    const sign = (claims: Record<string, unknown>): Promise<string> =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: "k1" })
        .setIssuer("https://issuer.example")
        .setAudience("riffle")
        .setSubject("ana")
        .setExpirationTime(startMs / 1_000 + 300)
        .sign(pair.privateKey);
    const authorization = `Bearer ${await sign({ roles: ["analyst"] })}`;
    const direct = await gate.app.inject({ url: "/v1/session", headers: { authorization } });
    expect(direct.json().me).toEqual({ name: "jwt:ana", roles: ["viewer", "analyst"], via: "token" });
    const { cookie } = await login(gate, await sign({ roles: ["analyst"] }));
    expect(await statusOf(gate, cookie)).toBe(200);
    expect((await login(gate, await sign({ roles: ["owner"] }))).reply.statusCode).toBe(403);
    gate.advance(300_000);
    expect(await statusOf(gate, cookie)).toBe(401);
  });
});
