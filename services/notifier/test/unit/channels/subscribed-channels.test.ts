// A bug here starts a notifier that tells nobody, or signs with nothing.

import { loadConfig } from "@riffle/service-kit";
import { describe, expect, it } from "vitest";
import { subscribedChannels } from "../../../src/channels/subscribed-channels.ts";
import { notifierConfig } from "../../../src/config.ts";

const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const names = (env: Record<string, string>) =>
  subscribedChannels(loadConfig(notifierConfig, { env: { KAFKA_BROKERS: "127.0.0.1:9092", ...env } })).map(
    ({ name }) => name,
  );

describe("the subscribed channels", () => {
  it("are the console unless configured, and the webhook when it has an address and a secret", () => {
    expect(names({})).toEqual(["console"]);
    expect(names({ WEBHOOK_URL: "https://example.com/hook", WEBHOOK_SECRET: secret })).toEqual([
      "console",
      "webhook",
    ]);
    const webhookOnly = {
      CONSOLE_ENABLED: "false",
      WEBHOOK_URL: "https://example.com/hook",
      WEBHOOK_SECRET: secret,
    };
    expect(names(webhookOnly)).toEqual(["webhook"]);
  });

  it("an address without a secret is refused, and a secret without an address", () => {
    expect(() => names({ WEBHOOK_URL: "https://example.com/hook" })).toThrow(/WEBHOOK_SECRET: required/);
    expect(() => names({ WEBHOOK_SECRET: secret })).toThrow(/WEBHOOK_URL: required/);
  });

  it("no channel at all is refused", () => {
    expect(() => names({ CONSOLE_ENABLED: "false" })).toThrow(/nobody would be told/);
  });

  it.each([
    ["WEBHOOK_URL", "ftp://example.com"],
    ["WEBHOOK_URL", "https://user:word@example.com/"],
    ["WEBHOOK_SECRET", "whsec_c2hvcnQ="],
    ["WEBHOOK_SECRET", Buffer.alloc(24, 7).toString("base64")],
  ])("%s=%s is refused", (name, value) => {
    expect(() =>
      names({ WEBHOOK_URL: "https://example.com/hook", WEBHOOK_SECRET: secret, [name]: value }),
    ).toThrow(name);
  });
});
