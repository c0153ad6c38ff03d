// A bug here starts a service that sends its password readable, or one that ignores half of what it was told.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { afterAll, describe, expect, it } from "vitest";
import { baseConfig } from "../../src/base-config.ts";
import { effectiveConfig, loadConfig, secretValues } from "../../src/config.ts";
import { ConfigError } from "../../src/errors.ts";
import { kafkaConnection, kafkaSecurityFaults } from "../../src/kafka-security.ts";

const folder = mkdtempSync(join(tmpdir(), "riffle-security-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const pem = (what: string): string => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`;
const caFile = file("ca.pem", pem("CERTIFICATE"));
const certFile = file("cert.pem", pem("CERTIFICATE"));
const keyFile = file("key.pem", pem("PRIVATE KEY"));
const noPem = file("cert.der", "0\u0082");

const schema = Type.Object({ ...baseConfig });
const load = (env: Record<string, string>) =>
  loadConfig(schema, {
    env: { KAFKA_BROKERS: "127.0.0.1:9092", ...env },
    checks: [kafkaSecurityFaults],
  });

const faultsOf = (env: Record<string, string>): string[] => {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map(({ variable, problem }) => `${variable}: ${problem}`);
    throw error;
  }
  return [];
};

const password = "correct-horse-battery";
const scram = {
  KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
  KAFKA_SASL_USERNAME: "alice",
  KAFKA_SASL_PASSWORD: password,
};

describe("the way to Kafka", () => {
  it("is plain unless told otherwise", () => {
    expect(kafkaConnection(load({}))).toEqual({ brokers: ["127.0.0.1:9092"] });
  });

  it("by TLS trusts the well-known authorities, or those of a file", () => {
    expect(kafkaConnection(load({ KAFKA_TLS: "true" })).ssl).toEqual({});
    const own = kafkaConnection(load({ KAFKA_TLS: "true", KAFKA_TLS_CA_FILE: caFile }));
    expect(own.ssl).toEqual({ ca: pem("CERTIFICATE") });
  });

  it("shows a certificate of its own where there is one", () => {
    const env = { KAFKA_TLS: "true", KAFKA_TLS_CERT_FILE: certFile, KAFKA_TLS_KEY_FILE: keyFile };
    expect(kafkaConnection(load(env)).ssl).toEqual({ cert: pem("CERTIFICATE"), key: pem("PRIVATE KEY") });
  });

  it.each([
    ["PLAIN", "plain"],
    ["SCRAM-SHA-256", "scram-sha-256"],
    ["SCRAM-SHA-512", "scram-sha-512"],
  ])("by %s tells user and password", (mechanism, sasl) => {
    const env = { ...scram, KAFKA_SASL_MECHANISM: mechanism, KAFKA_TLS: "true" };
    expect(kafkaConnection(load(env)).sasl).toEqual({ mechanism: sasl, username: "alice", password });
  });

  it("keeps the password out of the log, and the logger knows to strike it out", () => {
    const config = load(scram);
    expect(JSON.stringify(effectiveConfig(schema, config))).not.toContain(password);
    expect(secretValues(schema, config)).toContain(password);
  });
});

describe("faults", () => {
  it("of all kinds are reported at once, those of other variables with them", () => {
    expect(
      faultsOf({
        ADMIN_PORT: "99999",
        KAFKA_TLS_CA_FILE: join(folder, "nowhere.pem"),
        KAFKA_TLS_CERT_FILE: certFile,
        KAFKA_SASL_MECHANISM: "PLAIN",
        KAFKA_SASL_USERNAME: "alice",
      }).map((fault) => fault.split(":")[0]),
    ).toEqual([
      "ADMIN_PORT",
      "KAFKA_TLS_CA_FILE",
      "KAFKA_TLS_CA_FILE",
      "KAFKA_TLS_CERT_FILE",
      "KAFKA_TLS_KEY_FILE",
      "KAFKA_SASL_PASSWORD",
      "KAFKA_SASL_MECHANISM",
    ]);
  });

  it.each([
    [
      { KAFKA_SASL_MECHANISM: "SCRAM-SHA-256" },
      ["KAFKA_SASL_USERNAME: required", "KAFKA_SASL_PASSWORD: required"],
    ],
    [
      { ...scram, KAFKA_SASL_MECHANISM: "none" },
      ["KAFKA_SASL_USERNAME: is set, but", "KAFKA_SASL_PASSWORD: is set, but"],
    ],
    [{ ...scram, KAFKA_SASL_MECHANISM: "PLAIN" }, ["KAFKA_SASL_MECHANISM: found PLAIN without TLS"]],
    [{ ...scram, KAFKA_SASL_MECHANISM: "GSSAPI" }, ['KAFKA_SASL_MECHANISM: found "GSSAPI"']],
    [{ KAFKA_TLS: "true", KAFKA_TLS_CERT_FILE: certFile }, ["KAFKA_TLS_KEY_FILE: required"]],
    [{ KAFKA_TLS: "true", KAFKA_TLS_KEY_FILE: keyFile }, ["KAFKA_TLS_CERT_FILE: required"]],
    [{ KAFKA_TLS_CA_FILE: caFile }, ["KAFKA_TLS_CA_FILE: is set, but KAFKA_TLS is false"]],
    [{ KAFKA_TLS: "true", KAFKA_TLS_CA_FILE: noPem }, [`KAFKA_TLS_CA_FILE: ${noPem} is no PEM file`]],
  ])("of %j are %j", (env, beginnings) => {
    const faults = faultsOf(env);
    expect(faults).toHaveLength(beginnings.length);
    for (const [i, beginning] of beginnings.entries()) expect(faults[i]).toContain(beginning);
  });

  it("never hold the password", () => {
    expect(faultsOf({ ...scram, KAFKA_SASL_MECHANISM: "none" }).join()).not.toContain(password);
  });
});
