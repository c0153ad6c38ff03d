// A bug here starts a console that nobody can sign in to, or that sends secrets in the clear.

import { ConfigError, loadConfig } from "@riffle/service-kit";
import { describe, expect, it } from "vitest";
import { type ConsoleAccessConfig, consoleAccessFaults } from "../../../../src/access/config.ts";
import { configSchema } from "../../../../src/config.ts";
import { keys, openGate } from "../gate.ts";

const right = {
  OIDC_ISSUER: "https://login.example/realms/bank",
  OIDC_CLIENT_ID: "riffle-console",
  OIDC_PUBLIC_URL: "https://console.example",
};

/** The faults of a configuration, as main.ts has them found: a line for each variable. */
function faultsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(configSchema, {
      env: { KAFKA_BROKERS: "127.0.0.1:1", ...env },
      checks: [(values) => consoleAccessFaults(Object.fromEntries(values) as Partial<ConsoleAccessConfig>)],
    });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ variable, problem }) => `${variable}: ${problem}`);
  }
}

describe("the configuration of the sign-in", () => {
  it.each([
    {},
    { OIDC_CLIENT_SECRET: "a-secret-of-40", OIDC_SCOPES: "openid" },
    { OIDC_ISSUER: "http://127.0.0.1:8180/realms/bank", OIDC_PUBLIC_URL: "http://localhost:8090" },
    { OIDC_SCOPES: "profile openid urn:x:roles" },
    { AUTH: "required", NODE_ENV: "production" },
  ])("is taken with %j", (more) => {
    expect(faultsOf({ ...right, ...more })).toEqual([]);
  });

  it.each([
    ["OIDC_ISSUER", "http://login.example"],
    ["OIDC_ISSUER", "http://127.0.0.1.evil.example"],
    ["OIDC_ISSUER", "http://localhost@evil.example"],
    ["OIDC_ISSUER", "https://user:pass@login.example"],
    ["OIDC_PUBLIC_URL", "http://console.example"],
    ["OIDC_PUBLIC_URL", "https://console.example/"],
    ["OIDC_PUBLIC_URL", "https://console.example/riffle"],
    ["OIDC_CLIENT_SECRET", "short"],
    ["OIDC_SCOPES", "profile email"],
    ["OIDC_SCOPES", "openid-connect"],
    ["OIDC_SCOPES", "openid  email"],
  ])("is refused with %s=%s, and only for that", (variable, value) => {
    const faults = faultsOf({ ...right, [variable]: value });
    expect(faults.map((line) => line.split(":")[0])).toEqual([variable]);
  });

  it("tells all that is missing at once", () => {
    expect(faultsOf({ OIDC_ISSUER: right.OIDC_ISSUER })).toEqual([
      "OIDC_CLIENT_ID: required, but missing, because OIDC_ISSUER is set",
      "OIDC_PUBLIC_URL: required, but missing, because OIDC_ISSUER is set",
    ]);
    expect(faultsOf({ OIDC_CLIENT_ID: "x", OIDC_CLIENT_SECRET: "a-secret-of-40" })).toEqual([
      "OIDC_ISSUER: required, but missing, because OIDC_CLIENT_ID is set",
    ]);
  });

  it("says who is let in: not nobody by name, and not everybody beside it", () => {
    expect(faultsOf({ ...right, AUTH: "none" })).toEqual([expect.stringContaining("AUTH: found none")]);
    expect(() => openGate({ OIDC_ISSUER: right.OIDC_ISSUER })).toThrow("OIDC_CLIENT_ID");
  });

  it("leaves keys as they are", async () => {
    const gate = openGate(right);
    expect((await gate.app.inject({ url: "/v1/session/ways" })).json()).toEqual({ ways: ["oidc", "key"] });
    const payload = { key: keys.analyst.key };
    const login = await gate.app.inject({ method: "POST", url: "/v1/session", payload });
    expect(login.json().me).toMatchObject({ name: "ana", via: "session" });
    await gate.close();
  });

  it("adds no route where there is none", async () => {
    const gate = openGate();
    expect((await gate.app.inject({ url: "/v1/session/ways" })).json()).toEqual({ ways: ["key"] });
    for (const url of ["/v1/session/oidc", "/v1/session/oidc/callback"])
      expect((await gate.app.inject({ url })).statusCode).toBe(404);
    await gate.close();
  });
});
