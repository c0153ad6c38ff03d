// A bug here recognises somebody by a token of another issuer, by a key that is gone, or by a claim that is no role.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeApiKey } from "../../../src/access/api-keys.ts";
import type { AccessConfig } from "../../../src/access/config.ts";
import { accessFaults } from "../../../src/access/config.ts";
import { Credentials, credentialOf } from "../../../src/access/credentials.ts";

const nowMs = Date.parse("2026-03-01T12:00:00.000Z");
const silent = { info: () => undefined, error: () => undefined } as never;
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
