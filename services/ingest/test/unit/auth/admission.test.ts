// A bug here serves a stranger, starts an open door in production by accident, or tells who guesses what was right.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@riffle/service-kit";
import { makeApiKey } from "@riffle/service-kit/access";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IngestConfig } from "../../../src/config.ts";
import { edge, goodText, nowMs } from "../edge.ts";

const folder = mkdtempSync(join(tmpdir(), "riffle-keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileOf = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

const writer = makeApiKey({ name: "shop", scopes: ["transactions:write"] });
const reader = makeApiKey({ name: "desk", scopes: ["transactions:read"] });
const slow = makeApiKey({ name: "slow", scopes: ["transactions:write"], perSecond: 2 });
const API_KEYS_FILE = fileOf("keys.json", { keys: [writer.entry, reader.entry, slow.entry] });

describe("who may start without saying who may send", () => {
  const faultsOf = (config: Partial<IngestConfig>): string[] => {
    try {
      edge(undefined, config);
      return [];
    } catch (error) {
      return error instanceof ConfigError ? error.faults.map(({ variable }) => variable) : [String(error)];
    }
  };

  it.each([
    ["a developer", {}, []],
    ["production", { NODE_ENV: "production" }, ["AUTH"]],
    ["production that says so", { NODE_ENV: "production", AUTH: "none" }, []],
    ["production with keys", { NODE_ENV: "production", API_KEYS_FILE }, []],
    ["nobody, where it is required", { AUTH: "required" }, ["AUTH"]],
    ["nobody, where keys and none are both said", { AUTH: "none", API_KEYS_FILE }, ["AUTH"]],
    ["tokens of anybody", { JWT_JWKS_FILE: "x" }, ["JWT_ISSUER", "JWT_AUDIENCE"]],
    [
      "tokens of two places",
      { JWT_JWKS_FILE: "x", JWT_JWKS_URL: "https://x", JWT_ISSUER: "i", JWT_AUDIENCE: "a" },
      ["JWT_JWKS_URL"],
    ],
    ["a file of keys that is not there", { API_KEYS_FILE: join(folder, "none.json") }, ["API_KEYS_FILE"]],
    ["half of TLS", { TLS_CERT_FILE: "x" }, ["TLS_KEY_FILE"]],
  ] as const)("%s", (_, config, expected) => {
    expect(faultsOf(config as Partial<IngestConfig>)).toEqual(expected);
  });
});

describe("a request with an API key", () => {
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  it("is served in either header, with the scope it needs", async () => {
    const { post, app } = edge(undefined, { API_KEYS_FILE });
    expect((await post(goodText(), bearer(writer.key))).statusCode).toBe(202);
    expect((await post(goodText(), { "x-api-key": writer.key })).statusCode).toBe(202);
    expect((await post(goodText(), { authorization: `bEARER  ${writer.key}` })).statusCode).toBe(202);
    const missing = await post(goodText(), bearer(reader.key));
    expect([missing.statusCode, missing.json().code]).toEqual([403, "scope-missing"]);
    const read = await app.inject({ url: "/v1/transactions/tx-1", headers: bearer(reader.key) });
    expect([read.statusCode, read.json().code]).toEqual([404, "transaction-not-kept"]);
  });

  it.each([
    ["no credential", {}],
    ["an empty one", { authorization: "" }],
    ["another scheme", { authorization: `Basic ${writer.key}` }],
    ["two in one header", { authorization: `Bearer ${writer.key} ${writer.key}` }],
    ["two headers", { ...bearer(writer.key), "x-api-key": writer.key }],
    ["a changed secret", bearer(`${writer.key.slice(0, -1)}~`)],
    ["the secret under another's prefix", bearer(reader.key.slice(0, 13) + writer.key.slice(13))],
    ["an unknown prefix", bearer(`rfl_00000000_${writer.key.slice(13)}`)],
    ["its digest", bearer(writer.entry.sha256)],
    ["a token, where none are taken", bearer("eyJhbGciOiJub25lIn0.e30.")],
  ])(
    "that has %s is answered 401 in the same words, on every route, and nothing is read",
    async (_, headers) => {
      const { app, sent } = edge(undefined, { API_KEYS_FILE });
      const answers = await Promise.all(
        (
          [
            ["POST", "/v1/transactions"],
            ["POST", "/v1/transactions/batch"],
            ["GET", "/v1/transactions/tx-1"],
          ] as const
        ).map(([method, url]) =>
          app.inject({
            method,
            url,
            headers: { ...headers, "content-type": "application/json" },
            payload: "{",
          }),
        ),
      );
      const { requestId: _id, ...problem } = answers[0]?.json() ?? {};
      for (const answer of answers) {
        expect(answer.statusCode).toBe(401);
        expect(answer.headers["www-authenticate"]).toContain("Bearer");
        expect(answer.json()).toMatchObject(problem);
      }
      expect(sent).toEqual([]);
    },
  );

  it("leaves what is public open: the description of the API", async () => {
    const { app } = edge(undefined, { API_KEYS_FILE });
    expect((await app.inject({ url: "/openapi.json" })).statusCode).toBe(200);
    const closed = edge(undefined, { API_KEYS_FILE, API_DOCS: false });
    expect((await closed.app.inject({ url: "/openapi.json" })).statusCode).toBe(404);
  });

  it("may send at its own rate; a batch counts by its transactions", async () => {
    const { post, postBatch, clock, sent } = edge(undefined, { API_KEYS_FILE, RATE_LIMIT_BURST: 3 });
    const body = Array.from({ length: 4 }, (_, n) => goodText("tx-1", `tx-${n}`)).join("\n");
    const batch = await postBatch(body, bearer(slow.key));
    expect(batch.statusCode).toBe(207);
    expect(batch.body.match(/"status":202/g)).toHaveLength(3);
    expect(JSON.parse(batch.body.trim().split("\n")[3] ?? "")).toMatchObject({
      line: 4,
      status: 429,
      code: "too-many-requests",
    });
    const refused = await post(goodText(), bearer(slow.key));
    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, "1"]);
    expect((await post(goodText("tx-1", "tx-8"), bearer(writer.key))).statusCode).toBe(202);
    clock.advance(500);
    expect((await post(goodText("tx-1", "tx-9"), bearer(slow.key))).statusCode).toBe(202);
    expect(sent).toHaveLength(5);
  });
});

describe("a request with a JSON Web Token", () => {
  const claims = { scope: "openid transactions:write" };
  let config: Partial<IngestConfig>;
  let sign: (
    change?: (token: SignJWT) => SignJWT,
    more?: Record<string, unknown>,
    kid?: string,
  ) => Promise<string>;
  let stranger: Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];
  let publicKey: JWK;

  beforeAll(async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    stranger = (await generateKeyPair("ES256")).privateKey;
    publicKey = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "ES256", use: "sig" };
    config = {
      JWT_JWKS_FILE: fileOf("jwks.json", { keys: [publicKey] }),
      JWT_ISSUER: "https://issuer.example",
      JWT_AUDIENCE: "riffle",
    };
    sign = (change = (token) => token, more = claims, kid = "k1") => {
      const token = new SignJWT(more)
        .setProtectedHeader({ alg: "ES256", kid })
        .setIssuer("https://issuer.example")
        .setAudience("riffle")
        .setSubject("shop")
        .setIssuedAt(nowMs / 1_000)
        .setExpirationTime(nowMs / 1_000 + 300);
      return change(token).sign(pair.privateKey);
    };
  });

  const statusOf = async (token: string): Promise<number> =>
    (await edge(undefined, config).post(goodText(), { authorization: `Bearer ${token}` })).statusCode;

  it("is served when issuer, audience, time and scope are right", async () => {
    expect(await statusOf(await sign())).toBe(202);
    expect(await statusOf(await sign(undefined, { scp: ["transactions:write"] }))).toBe(202);
  });

  it("is answered 403 without the scope", async () => {
    expect(await statusOf(await sign(undefined, { scope: "transactions:writes" }))).toBe(403);
    expect(await statusOf(await sign(undefined, {}))).toBe(403);
  });

  it("is answered 401 for all that is wrong with the token", async () => {
    const whole = await sign();
    const [head = "", body = "", signature = ""] = whole.split(".");
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const forged = new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .setIssuer("https://issuer.example")
      .setAudience("riffle")
      .setSubject("shop")
      .setExpirationTime(nowMs / 1_000 + 300);
    const withPublicKeyAsPassword = new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .setIssuer("https://issuer.example")
      .setAudience("riffle")
      .setSubject("shop")
      .setExpirationTime(nowMs / 1_000 + 300);
    const tokens = {
      expired: await sign((token) => token.setExpirationTime(nowMs / 1_000 - 31)),
      "not yet valid": await sign((token) => token.setNotBefore(nowMs / 1_000 + 60)),
      "another audience": await sign((token) => token.setAudience("other")),
      "another issuer": await sign((token) => token.setIssuer("https://other.example")),
      "an unknown key id": await sign(undefined, claims, "../../etc/passwd"),
      "another's signature": await forged.sign(stranger),
      "no signature": `${encode({ alg: "none" })}.${body}.`,
      "no signature, by its head": `${encode({ alg: "none", kid: "k1" })}.${body}.${signature}`,
      "the public key as a password": await withPublicKeyAsPassword.sign(
        Buffer.from(JSON.stringify(publicKey)),
      ),
      "a changed claim": `${head}.${encode({ ...claims, sub: "root" })}.${signature}`,
      "no token": "abc",
    };
    for (const [what, token] of Object.entries(tokens)) {
      expect([what, await statusOf(token)]).toEqual([what, 401]);
    }
  });

  it("is answered 503 when the issuer's keys cannot be fetched: that is our trouble", async () => {
    const { JWT_JWKS_FILE: _, ...rest } = config;
    const { post, sent } = edge(undefined, { ...rest, JWT_JWKS_URL: "http://127.0.0.1:1/keys" });
    const response = await post(goodText(), { authorization: `Bearer ${await sign()}` });
    expect([response.statusCode, response.json().code]).toEqual([503, "authority-unreachable"]);
    expect(sent).toEqual([]);
  });
});
