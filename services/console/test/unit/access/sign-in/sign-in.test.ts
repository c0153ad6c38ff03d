// A bug here lets nobody in whom the organisation knows, by another name or role, or for longer or shorter than is promised.

import type { JWTPayload } from "jose";
import { describe, expect, it } from "vitest";
import { Browser } from "./browser.ts";
import { type SignInWorld as World, worldsOfTests } from "./sign-in-world.ts";

const worldOf = worldsOfTests();

describe("signing in by the provider", () => {
  it("begins a session of the person's role, and goes on to the page that was asked for", async () => {
    const world = await worldOf();
    expect(await world.whoIs()).toBeUndefined();
    const arrival = await world.signIn("/alerts?rule=card-testing");
    expect([arrival.status, arrival.origin + arrival.path]).toEqual([
      200,
      `${world.url}/alerts?rule=card-testing`,
    ]);
    expect(await world.whoIs()).toMatchObject({
      me: { name: "oidc:ana@bank.example", roles: ["viewer", "analyst"], via: "session" },
      csrfToken: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect((await world.browser.ask(`${world.url}/v1/analyst`)).status).toBe(200);
    expect((await world.browser.ask(`${world.url}/v1/admin`)).status).toBe(403);
    const reads = world.lines.filter((line) => line.includes("account ids were read"));
    expect(reads.map((line) => JSON.parse(line))).toMatchObject([{ reader: "oidc:ana@bank.example" }]);
    const signIns = world.lines.filter((line) => line.includes('"audit":"sign-in"'));
    expect(signIns.map((line) => JSON.parse(line))).toMatchObject([
      { reader: "oidc:ana@bank.example", subject: "s-1", role: "analyst" },
    ]);
  });

  it("asks for a code with PKCE, a state and a nonce that are new each time", async () => {
    const world = await worldOf();
    await world.signIn();
    await world.signIn();
    for (const query of world.provider.asked) {
      expect(Object.fromEntries(query)).toEqual({
        response_type: "code",
        client_id: "riffle-console",
        redirect_uri: `${world.url}/v1/session/oidc/callback`,
        scope: "openid profile email",
        state: expect.stringMatching(/^[\w-]{43}$/),
        nonce: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge_method: "S256",
      });
    }
    for (const name of ["state", "nonce", "code_challenge"])
      expect(new Set(world.provider.asked.map((query) => query.get(name))).size).toBe(2);
  });

  it("sets a cookie for the way there and back, takes it away, and sets that of the session", async () => {
    const world = await worldOf();
    const { steps } = await world.signIn();
    const cookies = steps.flatMap(({ setCookies }) => setCookies);
    expect(cookies[0]).toMatch(/^riffle-sign-in=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(cookies.slice(1).sort()).toEqual([
      expect.stringMatching(/^riffle-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
      expect.stringMatching(/^riffle-sign-in=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    const proxied = { host: "console.example", "x-forwarded-proto": "https" };
    const behindProxy = await world.app.inject({ url: "/v1/session/oidc", headers: proxied });
    expect(String(behindProxy.headers["set-cookie"])).toMatch(
      /^__Host-riffle-sign-in=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it.each(["client_secret_basic", "client_secret_post", "none"] as const)(
    "says who the console is by %s, where the provider wants it",
    async (how) => {
      const world = await worldOf({
        provider: (provider) => {
          provider.clientAuthentication = how;
        },
      });
      await world.signIn();
      expect((await world.whoIs())?.me.name).toBe("oidc:ana@bank.example");
    },
  );

  it("asks the provider for the claims that its token leaves out", async () => {
    const world = await worldOf({
      provider: (provider) => {
        provider.claims = { sub: "s-1" };
        provider.userinfo = { sub: "s-1", email: "ana@bank.example", email_verified: true, roles: ["admin"] };
      },
    });
    await world.signIn();
    expect((await world.whoIs())?.me).toMatchObject({ name: "oidc:ana@bank.example", roles: { length: 3 } });
    world.provider.userinfo = { sub: "s-2", roles: ["admin"] };
    const other = new Browser();
    expect((await world.signIn("/", other)).path).toBe("/?sign-in=sign-in-refused");
    expect(await world.whoIs(other)).toBeUndefined();
  });

  it.each<[string, JWTPayload, string]>([
    [
      "a verified address",
      { email: "ana@bank.example", email_verified: true, preferred_username: "ana" },
      "ana@bank.example",
    ],
    [
      "the user name where the address is not verified",
      { email: "root@bank.example", preferred_username: "ana@bank" },
      "ana@bank",
    ],
    ["the subject where there is neither", { email: "root@bank.example", email_verified: "true" }, "s-1"],
    ["the subject where a name cannot be read", { preferred_username: "ana\u202e\n" }, "s-1"],
  ])("names a person by %s", async (_, claims, name) => {
    const world = await worldOf();
    world.provider.claims = { sub: "s-1", roles: ["viewer"], ...claims };
    await world.signIn();
    expect((await world.whoIs())?.me.name).toBe(`oidc:${name}`);
  });

  it("finds roles where the configuration says", async () => {
    const world = await worldOf({ config: { JWT_ROLES_CLAIM: "realm_access.roles" } });
    world.provider.claims = { sub: "s-1", roles: ["admin"], realm_access: { roles: ["offline", "viewer"] } };
    await world.signIn();
    expect((await world.whoIs())?.me.roles).toEqual(["viewer"]);
  });

  it("ends the session that the browser had before", async () => {
    const world = await worldOf();
    await world.signIn();
    const before = world.browser.cookie(world.url, "riffle-session");
    await world.signIn();
    expect(world.browser.cookie(world.url, "riffle-session")).not.toBe(before);
    const headers = { cookie: `riffle-session=${before}` };
    expect((await world.app.inject({ url: "/v1/viewer", headers })).statusCode).toBe(401);
  });
});

describe("a session that began at the provider", () => {
  it("outlives the token that it began with, and ends after an hour without a sign or twelve in all", async () => {
    const world = await worldOf();
    world.provider.changed = (claims) => ({ ...claims, exp: Math.floor(Date.now() / 1_000) + 5 });
    await world.signIn();
    for (let minutes = 0; minutes < 12 * 60; minutes += 50) {
      expect(await world.whoIs()).toBeDefined();
      world.advance(50 * 60_000);
    }
    expect(await world.whoIs()).toBeUndefined();
    await world.signIn();
    expect(await world.whoIs()).toBeDefined();
    world.advance(3_600_000);
    expect(await world.whoIs()).toBeUndefined();
  });

  it("keeps a role that the provider has taken away for SESSION_LIFE_MINUTES at most", async () => {
    const world = await worldOf({ config: { SESSION_LIFE_MINUTES: 15 } });
    await world.signIn();
    world.provider.claims = { sub: "s-1" };
    world.advance(15 * 60_000 - 1);
    expect((await world.whoIs())?.me.roles).toEqual(["viewer", "analyst"]);
    world.advance(1);
    expect(await world.whoIs()).toBeUndefined();
    expect((await world.signIn("/alerts")).path).toBe("/alerts?sign-in=role-missing");
    expect(await world.whoIs()).toBeUndefined();
  });

  it("outlives a restart, and ends where the console knows that provider no more, or by another client", async () => {
    const world = await worldOf();
    await world.signIn();
    const headers = { cookie: `riffle-session=${world.browser.cookie(world.url, "riffle-session")}` };
    const statusWith = async (config: Parameters<World["reopen"]>[0]): Promise<number> => {
      const app = world.reopen(config);
      const { statusCode } = await app.inject({ url: "/v1/session", headers });
      await app.close();
      return statusCode;
    };
    expect(await statusWith({})).toBe(200);
    expect(await statusWith({ OIDC_CLIENT_ID: "another" })).toBe(401);
    expect(await statusWith({ OIDC_ISSUER: "https://other.example" })).toBe(401);
  });

  it("ends here when it is told to, and says where to sign out at the provider", async () => {
    const world = await worldOf({
      provider: (provider) => {
        provider.metadata = { end_session_endpoint: `${provider.issuer}/logout?theme=dark` };
      },
    });
    await world.signIn();
    const csrf = (await world.whoIs())?.csrfToken ?? "";
    const signOut = { method: "DELETE", headers: { "x-csrf-token": csrf } };
    const reply = await world.browser.ask(`${world.url}/v1/session`, signOut);
    expect(reply.status).toBe(200);
    const end = new URL(((await reply.json()) as { readonly endSessionUrl: string }).endSessionUrl);
    expect(end.origin + end.pathname).toBe(`${world.provider.issuer}/logout`);
    expect(Object.fromEntries(end.searchParams)).toEqual({
      theme: "dark",
      client_id: "riffle-console",
      post_logout_redirect_uri: `${world.url}/`,
    });
    expect(await world.whoIs()).toBeUndefined();
  });

  it("ends here alone where the provider has no page for it", async () => {
    const world = await worldOf();
    await world.signIn();
    const csrf = (await world.whoIs())?.csrfToken ?? "";
    const signOut = { method: "DELETE", headers: { "x-csrf-token": csrf } };
    expect((await world.browser.ask(`${world.url}/v1/session`, signOut)).status).toBe(204);
    expect(await world.whoIs()).toBeUndefined();
  });
});

describe("the door", () => {
  it("is not open where there is a provider and no key, and says how to sign in", async () => {
    const world = await worldOf();
    expect((await world.browser.ask(`${world.url}/v1/viewer`)).status).toBe(401);
    const ways = await world.browser.ask(`${world.url}/v1/session/ways`);
    expect(await ways.json()).toEqual({ ways: ["oidc"] });
  });

  it("lets ten sign-ins that come to nothing begin at once from one address, and then one every five seconds", async () => {
    const world = await worldOf();
    const begin = async (): Promise<number> =>
      (await world.app.inject({ url: "/v1/session/oidc" })).statusCode;
    for (let n = 0; n < 10; n++) expect(await begin()).toBe(303);
    const reply = await world.app.inject({ url: "/v1/session/oidc" });
    expect([reply.statusCode, reply.json().code, reply.headers["retry-after"]]).toEqual([
      429,
      "login-too-often",
      "5",
    ]);
    world.advance(5_000);
    expect(await begin()).toBe(303);
    expect(await begin()).toBe(429);
  });

  it("gives back a sign-in that lets somebody in, or that could not begin, and no other", async () => {
    const world = await worldOf({ isProviderUp: false });
    const begin = async (): Promise<number> =>
      (await world.app.inject({ url: "/v1/session/oidc" })).statusCode;
    for (let n = 0; n < 12; n++) expect(await begin()).toBe(503);
    await world.provider.listen();
    for (let n = 0; n < 12; n++) expect((await world.signIn("/", new Browser())).path).toBe("/");
    world.provider.claims = { sub: "s-1" };
    for (let n = 0; n < 10; n++)
      expect((await world.signIn("/", new Browser())).path).toBe("/?sign-in=role-missing");
    expect((await world.signIn("/", new Browser())).path).toBe("/?sign-in=login-too-often");
  });

  it("counts sign-ins by who a trusted proxy says asks, and by nobody else's word", async () => {
    const world = await worldOf({ config: { TRUSTED_PROXIES: ["10.0.3.7"] } });
    const begin = async (remoteAddress: string, forwardedFor: string): Promise<number> => {
      const headers = { "x-forwarded-for": forwardedFor };
      return (await world.app.inject({ url: "/v1/session/oidc", remoteAddress, headers })).statusCode;
    };
    for (let n = 0; n < 10; n++) expect(await begin("10.0.3.7", `198.51.100.${n}, 203.0.113.9`)).toBe(303);
    expect(await begin("10.0.3.7", "203.0.113.9")).toBe(429);
    expect(await begin("10.0.3.7", "203.0.113.10")).toBe(303);
    for (let n = 0; n < 10; n++) expect(await begin("10.0.3.8", `198.51.100.${n}`)).toBe(303);
    expect(await begin("10.0.3.8", "198.51.100.77")).toBe(429);
  });
});
