// The endpoints that the configuration names, with the real clock, console and network.

import { ConfigError } from "@riffle/service-kit";
import { ConsoleChannel, printerTo } from "./channels/console-channel.ts";
import type { Surroundings } from "./channels/surroundings.ts";
import { WebhookChannel } from "./channels/webhook-channel.ts";
import type { NotifierConfig } from "./config.ts";
import { type Endpoint, waitsMs } from "./endpoint.ts";
import { endpointUrlProblem } from "./network/endpoint-url.ts";
import { GuardedConnector } from "./network/guarded-connector.ts";
import { readSubscriptions } from "./subscriptions.ts";

const connectTimeoutMs = 5_000;

/**
 * The endpoints that alerts go to, in the order in which they are told.
 *
 * @throws ConfigError when there is none, when of WEBHOOK_URL and WEBHOOK_SECRET only one is set, when an address is
 * refused, or when the subscriptions have faults
 */
export const configuredEndpoints = (config: NotifierConfig): readonly Endpoint[] => {
  const policy = { allowPrivateAddresses: config.WEBHOOK_ALLOW_PRIVATE_ADDRESSES };
  const surroundings: Surroundings = {
    nowMs: Date.now,
    policy,
    connector: new GuardedConnector({ policy, connectTimeoutMs }),
    timeoutMs: config.ATTEMPT_TIMEOUT_MS,
    socketsMax: config.DELIVERIES_CONCURRENT_MAX,
  };
  const treatment = {
    concurrencyMax: config.DELIVERIES_CONCURRENT_MAX,
    retryWaits: waitsMs(config.RETRY_WAITS),
  };
  const channels = [consoleChannel(config), webhookChannel(config, surroundings)];
  const endpoints: Endpoint[] = channels
    .filter((channel) => channel !== undefined)
    .map((channel) => ({ channel, wants: () => true, ...treatment }));
  const path = config.NOTIFIER_SUBSCRIPTIONS;
  if (path !== undefined) endpoints.push(...readSubscriptions(path, surroundings, treatment));
  check(endpoints);
  return endpoints;
};

const check = (endpoints: readonly Endpoint[]): void => {
  if (endpoints.length === 0) {
    const problem =
      "false, and neither WEBHOOK_URL nor NOTIFIER_SUBSCRIPTIONS is set: nobody would be told; enable one of them";
    throw new ConfigError([{ variable: "CONSOLE_ENABLED", problem }]);
  }
  const names = new Set<string>();
  for (const { channel } of endpoints) {
    if (names.has(channel.name)) {
      const problem = `names an endpoint "${channel.name}", as CONSOLE_ENABLED or WEBHOOK_URL do; rename it`;
      throw new ConfigError([{ variable: "NOTIFIER_SUBSCRIPTIONS", problem }]);
    }
    names.add(channel.name);
  }
};

const consoleChannel = (config: NotifierConfig): ConsoleChannel | undefined => {
  if (!config.CONSOLE_ENABLED) return undefined;
  return new ConsoleChannel({
    print: printerTo(process.stdout),
    colours: process.stdout.isTTY === true && (config.NO_COLOR ?? "") === "",
    nowMs: Date.now,
  });
};

const webhookChannel = (config: NotifierConfig, surroundings: Surroundings): WebhookChannel | undefined => {
  const { WEBHOOK_URL: url, WEBHOOK_SECRET: secrets } = config;
  if (url === undefined && secrets === undefined) return undefined;
  if (url === undefined || secrets === undefined) {
    const [missing, given] =
      url === undefined ? ["WEBHOOK_URL", "WEBHOOK_SECRET"] : ["WEBHOOK_SECRET", "WEBHOOK_URL"];
    throw new ConfigError([{ variable: missing, problem: `required, because ${given} is set` }]);
  }
  const problem = endpointUrlProblem(url, surroundings.policy);
  if (problem !== undefined) throw new ConfigError([{ variable: "WEBHOOK_URL", problem }]);
  return new WebhookChannel({ name: "webhook", url, secrets }, surroundings);
};
