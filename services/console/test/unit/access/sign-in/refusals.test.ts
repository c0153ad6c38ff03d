// A bug here signs a stranger in, signs somebody in as somebody else, or lets another site choose who is signed in.

import { Buffer } from "node:buffer";
import { createSecretKey } from "node:crypto";
import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { OpenIdProvider } from "../../../../src/access/sign-in/provider.ts";
import { Browser } from "./browser.ts";
import { isCallback, type SignInWorld as World, worldsOfTests } from "./sign-in-world.ts";
import type { TestProvider } from "./test-provider.ts";

const worldOf = worldsOfTests();
const forged = await generateKeyPair("ES256");
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("nobody is signed in", () => {
  const refused = async (world: World, path: string, by: Browser = world.browser): Promise<void> => {
    const arrival = await world.signIn("/alerts", by);
    expect(arrival.origin + arrival.path).toBe(world.url + path);
    expect(await world.whoIs(by)).toBeUndefined();
    expect(by.cookie(world.url, "riffle-session")).toBeUndefined();
  };
  const claimsOf = (change: Readonly<Record<string, unknown>>) => (provider: TestProvider) => {
    provider.changed = (claims) => ({ ...claims, ...change }) as JWTPayload;
  };
  const nowS = Math.floor(Date.now() / 1_000);

  it.each<[string, (provider: TestProvider) => void]>([
    ["has another nonce", claimsOf({ nonce: "of-another-sign-in" })],
    ["has no nonce", claimsOf({ nonce: undefined })],
    ["is for another audience", claimsOf({ aud: "another-client" })],
    [
      "is for others too, and was given to one of them",
      claimsOf({ aud: ["riffle-console", "another"], azp: "another" }),
    ],
    ["is of another issuer", claimsOf({ iss: "https://other.example" })],
    ["has expired", claimsOf({ exp: nowS - 60, iat: nowS - 360 })],
    ["never expires", claimsOf({ exp: undefined })],
    ["has no subject", claimsOf({ sub: undefined })],
    [
      "is not signed",
      (provider) => {
        provider.sign = async (claims) => new UnsecuredJWT(claims).encode();
      },
    ],
    [
      "is signed with the client's secret",
      (provider) => {
        provider.sign = (claims) =>
          new SignJWT(claims)
            .setProtectedHeader({ alg: "HS256" })
            .sign(createSecretKey(Buffer.from(provider.clientSecret)));
      },
    ],
    [
      "is signed with a public key as a password",
      (provider) => {
        provider.sign = async (claims) =>
          await new SignJWT(claims)
            .setProtectedHeader({ alg: "HS256", kid: "p1" })
            .sign(createSecretKey(Buffer.from(await exportSPKI(forged.publicKey))));
      },
    ],
    [
      "is signed by a key that is not the provider's",
      (provider) => {
        provider.sign = (claims) =>
          new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "p1" }).sign(forged.privateKey);
      },
    ],
    [
      "was changed after it was signed",
      (provider) => {
        const { sign } = provider;
        provider.sign = async (claims, key) => {
          const [head, , signature] = (await sign(claims, key)).split(".");
          const body = Buffer.from(JSON.stringify({ ...claims, roles: ["admin"] })).toString("base64url");
          return `${head}.${body}.${signature}`;
        };
      },
    ],
    [
      "is none",
      (provider) => {
        provider.sign = async () => "no token";
      },
    ],
  ])("by a token that %s", async (_, makeWrong) => {
    const world = await worldOf();
    makeWrong(world.provider);
    await refused(world, "/alerts?sign-in=sign-in-refused");
  });

  it.each<[string, (back: URL) => void, string]>([
    ["another state", (back) => back.searchParams.set("state", "x".repeat(43)), "/?sign-in=sign-in-expired"],
    ["no state", (back) => back.searchParams.delete("state"), "/?sign-in=sign-in-expired"],
    ["two states", (back) => back.searchParams.append("state", "x"), "/?sign-in=sign-in-expired"],
    ["another code", (back) => back.searchParams.set("code", "guessed"), "/alerts?sign-in=sign-in-refused"],
    ["two codes", (back) => back.searchParams.append("code", "x"), "/alerts?sign-in=sign-in-refused"],
    ["no code", (back) => back.searchParams.delete("code"), "/alerts?sign-in=sign-in-refused"],
    [
      "another issuer",
      (back) => back.searchParams.set("iss", "https://other.example"),
      "/alerts?sign-in=sign-in-refused",
    ],
    [
      "the person's own no",
      (back) => {
        back.searchParams.delete("code");
        back.searchParams.set("error", "access_denied");
        back.searchParams.set("error_description", "<script>alert(1)</script>");
      },
      "/alerts?sign-in=sign-in-denied",
    ],
  ])("who comes back with %s", async (_, sent, path) => {
    const world = await worldOf();
    world.provider.sent = sent;
    await refused(world, path);
  });

  it("by an answer that is meant for another browser: nobody can sign others in as himself", async () => {
    const world = await worldOf();
    const attacker = new Browser();
    const { origin, path } = await world.signIn("/", attacker, isCallback);
    expect((await world.browser.go(origin + path)).path).toBe("/?sign-in=sign-in-expired");
    // Nor when a sign-in of the victim's own is under way.
    await world.signIn("/", world.browser, isCallback);
    expect((await world.browser.go(origin + path)).path).toBe("/?sign-in=sign-in-expired");
    expect(await world.whoIs()).toBeUndefined();
  });

  it("by an answer that has been used, in any browser", async () => {
    const world = await worldOf();
    const { origin, path } = await world.signIn("/", world.browser, isCallback);
    const token = world.browser.cookie(world.url, "riffle-sign-in") ?? "";
    await world.browser.go(origin + path);
    expect(await world.whoIs()).toBeDefined();
    const other = new Browser();
    other.plant(world.url, "riffle-sign-in", token);
    expect((await other.go(origin + path)).path).toBe("/?sign-in=sign-in-expired");
    expect(await world.whoIs(other)).toBeUndefined();
  });

  it("by a code of another sign-in: it is bound to who asked for it", async () => {
    const world = await worldOf();
    const stolen = await world.signIn("/", new Browser(), isCallback);
    const code = new URL(stolen.path, world.url).searchParams.get("code") ?? "";
    world.provider.sent = (back) => back.searchParams.set("code", code);
    await refused(world, "/alerts?sign-in=sign-in-refused");
  });

  it("after ten minutes", async () => {
    const world = await worldOf();
    const { origin, path } = await world.signIn("/", world.browser, isCallback);
    world.advance(600_000);
    expect((await world.browser.go(origin + path)).path).toBe("/?sign-in=sign-in-expired");
    const again = await world.signIn("/", world.browser, isCallback);
    world.advance(599_999);
    expect((await world.browser.go(again.origin + again.path)).path).toBe("/");
    expect(await world.whoIs()).toBeDefined();
  });

  it.each([undefined, [], ["Admin", "owner"], "administrators", { admin: true }, [["admin"]]])(
    "who has the roles %j",
    async (roles) => {
      const world = await worldOf();
      world.provider.claims = {
        sub: "s-1",
        scope: "console:admin",
        ...(roles === undefined ? {} : { roles }),
      };
      await refused(world, "/alerts?sign-in=role-missing");
      expect(world.lines.some((line) => line.includes("has no role here"))).toBe(true);
    },
  );

  it("and a program is told so by a problem instead of a page", async () => {
    const world = await worldOf();
    const { origin, path } = await world.signIn("/", world.browser, isCallback);
    world.provider.claims = { sub: "s-1" };
    const reply = await world.browser.ask(origin + path);
    expect([reply.status, await reply.json()]).toMatchObject([403, { code: "role-missing" }]);
  });
});

describe("the page that follows", () => {
  it.each([
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n//evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "evil.example",
    "@evil.example",
    "",
    "/v1/session/oidc",
    "/V1/session",
    "/./v1/audit",
  ])("is never %j", async (to) => {
    const world = await worldOf();
    const { origin, path } = await world.signIn(to);
    expect(origin + path).toBe(`${world.url}/`);
  });

  it("is never one whose address has no end", async () => {
    const world = await worldOf();
    expect((await world.signIn(`/${"a".repeat(2_000)}`)).path).toBe("/");
  });
});

describe("a provider that does not answer", () => {
  it("keeps nothing from starting, is told as such, and is found once it is back", async () => {
    const world = await worldOf({ isProviderUp: false });
    expect((await world.app.inject({ url: "/page" })).statusCode).toBe(200);
    const program = await world.browser.ask(`${world.url}/v1/session/oidc`);
    expect([program.status, program.headers.get("retry-after"), await program.json()]).toMatchObject([
      503,
      "1",
      { code: "authority-unreachable" },
    ]);
    expect((await world.signIn("/cases")).path).toBe("/cases?sign-in=authority-unreachable");
    expect(world.lines.some((line) => line.includes("ECONNREFUSED"))).toBe(true);
    await world.provider.listen();
    expect((await world.signIn("/cases")).path).toBe("/cases");
    expect(await world.whoIs()).toBeDefined();
  });

  it("between the click and the return signs nobody in", async () => {
    const world = await worldOf();
    world.provider.tokenStatus = 500;
    expect((await world.signIn()).path).toBe("/?sign-in=authority-unreachable");
    const { origin, path } = await world.signIn("/", world.browser, isCallback);
    await world.provider.close();
    expect((await world.browser.go(origin + path)).path).toBe("/?sign-in=authority-unreachable");
    expect(await world.whoIs()).toBeUndefined();
  });

  it("by its own name, but as another issuer, is not taken", async () => {
    const world = await worldOf({
      provider: (provider) => {
        provider.metadata = { issuer: "https://other.example" };
      },
    });
    expect((await world.signIn()).path).toBe("/?sign-in=authority-unreachable");
  });

  it("of many tenants is not taken: any of their people could sign in", async () => {
    const issuer = "https://login.microsoftonline.com/common/v2.0";
    const metadata = {
      issuer: "https://login.microsoftonline.com/{tenantid}/v2.0",
      authorization_endpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    };
    vi.stubGlobal("fetch", async () => Response.json(metadata));
    const provider = new OpenIdProvider({
      issuer,
      clientId: "riffle-console",
      clientSecret: undefined,
      publicUrl: "https://console.example",
      scopes: "openid",
      rolesClaim: "roles",
    });
    await expect(provider.begin()).rejects.toThrow("not OIDC_ISSUER");
  });

  it("that refuses the console's secret is told in the log, and not to the person", async () => {
    const world = await worldOf({ config: { OIDC_CLIENT_SECRET: "not-the-secret" } });
    expect((await world.signIn()).path).toBe("/?sign-in=sign-in-refused");
    const log = world.lines.join("\n");
    expect(log).toMatch(/invalid_client|OIDC_CLIENT_SECRET/);
    expect(log).not.toContain("not-the-secret");
  });
});
