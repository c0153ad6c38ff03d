// Which channels the configuration subscribes, with the real clock, console and network.

import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError } from "@riffle/service-kit";
import type { NotifierConfig } from "../config.ts";
import type { Channel } from "./channel.ts";
import { ConsoleChannel } from "./console-channel.ts";
import { WebhookChannel } from "./webhook-channel.ts";

/**
 * The channels that alerts go to, in the order in which their notifications are emitted.
 *
 * @throws ConfigError when there is none, or when of WEBHOOK_URL and WEBHOOK_SECRET only one is set
 */
export const subscribedChannels = (config: NotifierConfig): readonly Channel[] => {
  const channels = [consoleChannel(config), webhookChannel(config)].filter(
    (channel) => channel !== undefined,
  );
  if (channels.length > 0) return channels;
  const problem = "false, and WEBHOOK_URL is not set: nobody would be told; enable one of them";
  throw new ConfigError([{ variable: "CONSOLE_ENABLED", problem }]);
};

const consoleChannel = (config: NotifierConfig): Channel | undefined => {
  if (!config.CONSOLE_ENABLED) return undefined;
  return new ConsoleChannel({
    print: (line) => process.stdout.write(`${line}\n`),
    colours: process.stdout.isTTY === true && (config.NO_COLOR ?? "") === "",
    nowMs: Date.now,
  });
};

const webhookChannel = (config: NotifierConfig): Channel | undefined => {
  const { WEBHOOK_URL: url, WEBHOOK_SECRET: secret } = config;
  if (url === undefined && secret === undefined) return undefined;
  if (url === undefined || secret === undefined) {
    const [missing, given] =
      url === undefined ? ["WEBHOOK_URL", "WEBHOOK_SECRET"] : ["WEBHOOK_SECRET", "WEBHOOK_URL"];
    throw new ConfigError([{ variable: missing, problem: `required, because ${given} is set` }]);
  }
  return new WebhookChannel({
    url,
    secret,
    timeoutMs: config.WEBHOOK_TIMEOUT_MS,
    attemptsMax: config.WEBHOOK_ATTEMPTS_MAX,
    backoffMs: config.WEBHOOK_BACKOFF_MS,
    backoffMsMax: config.WEBHOOK_BACKOFF_MS_MAX,
    nowMs: Date.now,
    sleep,
    random: Math.random,
  });
};
