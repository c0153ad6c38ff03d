// A bug here believes a stranger who says that he is somebody else, or starts a console that dies of its own configuration.

import { ConfigError, loadConfig } from "@riffle/service-kit";
import { fastify } from "fastify";
import { describe, expect, it } from "vitest";
import { type ConsoleAccessConfig, consoleAccessFaults } from "../../../src/access/config.ts";
import { configSchema } from "../../../src/config.ts";

/** The faults that main.ts finds, or the proxies that it goes by. */
function read(text: string): readonly string[] | undefined {
  try {
    const env = { KAFKA_BROKERS: "127.0.0.1:1", TRUSTED_PROXIES: text };
    const checks = [
      (values: ReadonlyMap<string, unknown>) =>
        consoleAccessFaults(Object.fromEntries(values) as Partial<ConsoleAccessConfig>),
    ];
    return loadConfig(configSchema, { env, checks }).TRUSTED_PROXIES;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.faults.map(({ variable }) => variable)).toContain("TRUSTED_PROXIES");
    return undefined;
  }
}

describe("TRUSTED_PROXIES", () => {
  it.each([
    "10.0.3.7",
    "10.0.0.0/8",
    "0.0.0.0/1",
    "10.0.3.7/32",
    "::1",
    "fd00::/8",
    "::ffff:10.0.3.7",
    "2001:db8::7/128",
    "loopback",
    "linklocal, uniquelocal",
    "10.0.3.7, 10.0.4.0/24,fd00::1",
  ])("takes %s, and so does the server", (text) => {
    const proxies = read(text);
    expect(proxies).toEqual(text.split(",").map((part) => part.trim()));
    expect(() => fastify({ trustProxy: [...(proxies ?? [])] })).not.toThrow();
  });

  it.each([
    "",
    "true",
    "*",
    "1",
    "everybody",
    "ingress.example",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "fd00::/129",
    "10.0.0.0/",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "10.0.0.0/255.0.0.0",
    "10.0.0",
    "010.0.0.1",
    "10.0.0.1:8080",
    "[::1]",
    "fe80::1%eth0",
    "10.0.3.7,,10.0.3.8",
    "10.0.3.7 10.0.3.8",
  ])("does not take %j, and nothing starts", (text) => {
    expect(read(text)).toBeUndefined();
  });
});
