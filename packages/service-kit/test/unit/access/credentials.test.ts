// A bug here recognises somebody by a token of another issuer, by a key that is gone, or by a claim that is no role.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Check } from "typebox/value";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { makeApiKey } from "../../../src/access/api-keys.ts";
import type { AccessConfig } from "../../../src/access/config.ts";
import { accessConfig, accessFaults } from "../../../src/access/config.ts";
import { Credentials, credentialOf } from "../../../src/access/credentials.ts";
import { Metrics } from "../../../src/metrics.ts";

const nowMs = Date.parse("2026-03-01T12:00:00.000Z");
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
const folder = mkdtempSync(join(tmpdir(), "riffle-credentials-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileOf = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

describe("a key", () => {
  const { key, entry } = makeApiKey({ name: "desk", scopes: ["console:view"] });

  it("is recalled by what it was recognised by, and no longer than the file has it and its time lasts", () => {
    const API_KEYS_FILE = fileOf("keys.json", {
      keys: [{ ...entry, expiresAt: "2026-03-01T13:00:00.000Z" }],
    });
    const credentials = new Credentials({ API_KEYS_FILE }, silent);
    const verdict = credentials.check(key, nowMs);
    if (verdict instanceof Promise || verdict.kind === "refused" || verdict.proof.kind !== "key") {
      throw new Error("a good key was not recognised");
    }
    const { proof } = verdict;
    expect(JSON.stringify(proof)).not.toContain(key.slice(13));
    expect(credentials.recall(proof, nowMs)).toMatchObject({ kind: "known", identity: { name: "desk" } });
    expect(credentials.recall(proof, nowMs + 3_600_000).kind).toBe("refused");
    expect(credentials.recall({ ...proof, prefix: "00000000" }, nowMs).kind).toBe("refused");
    for (const sha256 of ["", "0".repeat(64), proof.sha256.slice(0, 62), `${proof.sha256.slice(0, 62)}zz`]) {
      expect(credentials.recall({ ...proof, sha256 }, nowMs).kind).toBe("refused");
    }
    credentials.close();
    const successor = makeApiKey({ name: "desk", scopes: ["console:view"] });
    const replaced = { ...successor.entry, prefix: entry.prefix };
    const after = new Credentials({ API_KEYS_FILE: fileOf("after.json", { keys: [replaced] }) }, silent);
    expect(after.recall(proof, nowMs).kind).toBe("refused");
    after.close();
  });

  it("is taken from one header of two, and from none when there are both", () => {
    expect(credentialOf({ authorization: `Bearer ${key}` })).toBe(key);
    expect(credentialOf({ "x-api-key": key })).toBe(key);
    expect(credentialOf({ authorization: `Bearer ${key}`, "x-api-key": key })).toBeUndefined();
    expect(credentialOf({ authorization: `Basic ${key}` })).toBeUndefined();
    expect(credentialOf({})).toBeUndefined();
  });
});

describe("the roles of a token", () => {
  let config: AccessConfig;
  let sign: (claims: Record<string, unknown>) => Promise<string>;

  beforeAll(async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    const publicKey = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "ES256", use: "sig" };
    config = {
      JWT_JWKS_FILE: fileOf("jwks.json", { keys: [publicKey] }),
      JWT_ISSUER: "https://issuer.example",
      JWT_AUDIENCE: "riffle",
    };
    sign = (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: "k1" })
        .setIssuer("https://issuer.example")
        .setAudience("riffle")
        .setSubject("ana")
        .setExpirationTime(nowMs / 1_000 + 300)
        .sign(pair.privateKey);
  });

  const rolesOf = async (claims: Record<string, unknown>, rolesClaim?: string): Promise<string[]> => {
    const credentials = new Credentials(config, silent, rolesClaim === undefined ? {} : { rolesClaim });
    const verdict = await credentials.check(await sign(claims), nowMs);
    if (verdict.kind === "refused") throw new Error("a good token was refused");
    expect(verdict.proof).toEqual({ kind: "token", expiresAtMs: nowMs + 300_000 });
    return [...verdict.identity.roles];
  };

  it.each([
    ["a list", { roles: ["viewer", "analyst"] }, undefined, ["viewer", "analyst"]],
    ["a text", { roles: "viewer analyst" }, undefined, ["viewer", "analyst"]],
    ["a list with what is no text", { roles: ["viewer", 1, null, { admin: true }] }, undefined, ["viewer"]],
    ["an object", { roles: { admin: true } }, undefined, []],
    ["a boolean", { roles: true }, undefined, []],
    ["none", {}, undefined, []],
    ["at a path", { realm_access: { roles: ["admin"] } }, "realm_access.roles", ["admin"]],
    [
      "under an address",
      { "https://riffle.example/roles": ["admin"] },
      "https://riffle.example/roles",
      ["admin"],
    ],
    ["under another name", { roles: ["admin"] }, "groups", []],
    ["inherited", {}, "constructor.name", []],
  ])("%s", async (_, claims, rolesClaim, expected) => {
    expect(await rolesOf(claims, rolesClaim)).toEqual(expected);
  });
});

describe("an issuer's keys", () => {
  const known = { JWT_ISSUER: "https://issuer.example", JWT_AUDIENCE: "riffle" };
  const tokenBy = (key: Parameters<SignJWT["sign"]>[0], kid?: string, forS = 300): Promise<string> =>
    new SignJWT({})
      .setProtectedHeader({ alg: "ES256", ...(kid === undefined ? {} : { kid }) })
      .setIssuer(known.JWT_ISSUER)
      .setAudience(known.JWT_AUDIENCE)
      .setSubject("ana")
      .setExpirationTime(nowMs / 1_000 + forS)
      .sign(key);
  afterEach(() => void vi.useRealTimers());

  it("are two while they are rotated, and a token that names neither is verified by either", async () => {
    const [old, next, strange] = await Promise.all([1, 2, 3].map(() => generateKeyPair("ES256")));
    if (old === undefined || next === undefined || strange === undefined) throw new Error("no keys");
    const keys = [
      { ...(await exportJWK(old.publicKey)), kid: "old" },
      { ...(await exportJWK(next.publicKey)), kid: "next" },
    ];
    const credentials = new Credentials({ ...known, JWT_JWKS_FILE: fileOf("two.json", { keys }) }, silent);
    const kindOf = async (token: string) => (await credentials.check(token, nowMs)).kind;
    expect(await kindOf(await tokenBy(old.privateKey))).toBe("known");
    expect(await kindOf(await tokenBy(next.privateKey))).toBe("known");
    expect(await kindOf(await tokenBy(next.privateKey, "old"))).toBe("refused");
    expect(await credentials.check(await tokenBy(strange.privateKey), nowMs)).toEqual({
      kind: "refused",
      refusal: "unauthenticated",
    });
  });

  it("are taken for an hour while the issuer is away, and none besides; when it is back its word counts", async () => {
    const [old, next] = await Promise.all([1, 2].map(() => generateKeyPair("ES256")));
    if (old === undefined || next === undefined) throw new Error("no keys");
    const oldKey = { ...(await exportJWK(old.publicKey)), kid: "old" };
    const nextKey = { ...(await exportJWK(next.publicKey)), kid: "next" };
    let published: readonly unknown[] | undefined = [oldKey];
    const server = createServer((_request, response) => {
      if (published === undefined) response.destroy();
      else response.end(JSON.stringify({ keys: published }));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const metrics = new Metrics("edge", { defaults: false });
    const config = { ...known, JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` };
    const credentials = new Credentials(config, silent, { metrics });
    const good = await tokenBy(old.privateKey, "old", 7_200);
    const forged = await tokenBy(next.privateKey, "old", 7_200);
    const rotated = await tokenBy(next.privateKey, "next", 7_200);
    // jose goes by the system's time: within seconds of a fetch it asks for no key that is not there.
    vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
    const answerAt = async (token: string, afterMinutes: number): Promise<string> => {
      vi.setSystemTime(nowMs + afterMinutes * 60_000);
      const verdict = await credentials.check(token, nowMs + afterMinutes * 60_000);
      return verdict.kind === "known" ? "known" : verdict.refusal;
    };
    expect(await answerAt(good, 0)).toBe("known");
    published = undefined;
    expect(await answerAt(good, 20)).toBe("known");
    expect(await answerAt(forged, 20)).toBe("unauthenticated");
    expect(await answerAt(rotated, 20)).toBe("authority-unreachable");
    expect(await answerAt(good, 59.9)).toBe("known");
    expect(await answerAt(good, 60)).toBe("authority-unreachable");
    expect(await metrics.render()).toContain(
      `riffle_token_keys_fetched_timestamp_seconds{service="edge"} ${nowMs / 1_000}`,
    );
    published = [nextKey];
    expect(await answerAt(good, 61)).toBe("unauthenticated");
    expect(await answerAt(rotated, 61)).toBe("known");
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ["of another shape", 200, '{"status":"maintenance"}'],
    ["that is no JSON", 200, "<html>"],
    ["that is an error", 500, '{"keys":[]}'],
  ])("cannot be read from an answer %s, and that is not the sender's fault", async (_, status, body) => {
    const server = createServer((_request, response) => response.writeHead(status).end(body));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const credentials = new Credentials({ ...known, JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` }, silent);
    const { privateKey } = await generateKeyPair("ES256");
    const verdict = await credentials.check(await tokenBy(privateKey, "k1"), nowMs);
    server.closeAllConnections();
    server.close();
    expect(verdict).toEqual({ kind: "refused", refusal: "authority-unreachable" });
  });

  it.each([
    ["https://issuer.example/keys", true],
    ["https://issuer.example:8443/a/keys?b=c", true],
    ["http://127.0.0.1:8080/keys", true],
    ["http://localhost/keys", true],
    ["http://issuer.example/keys", false],
    ["http://localhost:a@issuer.example/keys", false],
    ["http://127.0.0.1:80@issuer.example/keys", false],
    ["https://user:word@issuer.example/keys", false],
    ["http://localhost.issuer.example/keys", false],
  ])("at %s are asked for: %s", (url, isTaken) => {
    expect(Check(accessConfig.JWT_JWKS_URL, url)).toBe(isTaken);
  });
});

describe("a configuration", () => {
  it("lets in nobody by accident: production without a word about it is refused", () => {
    const faultsOf = (config: AccessConfig): string[] => accessFaults(config).map(({ variable }) => variable);
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ NODE_ENV: "production" })).toEqual(["AUTH"]);
    expect(faultsOf({ NODE_ENV: "production", AUTH: "none" })).toEqual([]);
    expect(faultsOf({ AUTH: "none", API_KEYS_FILE: "x" })).toEqual(["AUTH"]);
    expect(faultsOf({ AUTH: "required" })).toEqual(["AUTH"]);
    expect(faultsOf({ JWT_JWKS_FILE: "x" })).toEqual(["JWT_ISSUER", "JWT_AUDIENCE"]);
  });
});
