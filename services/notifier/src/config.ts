// The notifier's environment variables.

import { adminPort, baseConfig, type Config, durationMs, streamConfig } from "@riffle/service-kit";
import { type TProperties, Type } from "typebox";
import { waitPattern } from "./endpoint.ts";

const properties = {
  ...baseConfig,
  ...streamConfig,
  ADMIN_PORT: adminPort(9468),
  CONSOLE_ENABLED: Type.Boolean({
    default: true,
    description: "Whether each alert is printed on standard output, one line each.",
  }),
  NO_COLOR: Type.Optional(
    Type.String({ description: "Set to anything: lines for people have no colours (https://no-color.org)." }),
  ),
  WEBHOOK_URL: Type.Optional(
    Type.String({
      pattern: "^https?://[^\\s@]+$",
      rule: "an http or https address without a user name",
      examples: ["https://example.com/hooks/riffle"],
      // Many receivers know their senders by the address alone.
      secret: true,
      description: "Where each alert is posted, as an endpoint named webhook.",
    }),
  ),
  WEBHOOK_SECRET: Type.Optional(
    Type.Array(Type.String({ pattern: "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$" }), {
      minItems: 1,
      maxItems: 4,
      rule: "whsec_ and 24 to 64 bytes in Base64; several, newest first, separated by commas",
      secret: true,
      description:
        "Signs the webhooks, as Standard Webhooks says; required with WEBHOOK_URL. While a secret is changed both sign.",
    }),
  ),
  WEBHOOK_ALLOW_PRIVATE_ADDRESSES: Type.Boolean({
    default: false,
    description:
      "For development alone: whether http, loopback and private addresses are delivered to. Never where others choose the addresses.",
  }),
  NOTIFIER_SUBSCRIPTIONS: Type.Optional(
    Type.String({
      minLength: 1,
      examples: ["/etc/riffle/subscriptions.json"],
      description:
        "JSON file of further endpoints and the alerts that each wants; see docs/notifications.md. The same for all replicas.",
    }),
  ),
  RETRY_WAITS: Type.Array(Type.String({ pattern: waitPattern }), {
    default: ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"],
    maxItems: 30,
    rule: "a comma-separated list of waits such as 500ms, 5s, 30m, 2h",
    description:
      "Waits after the first failed attempt, the second and so on, a fifth less or more by chance; after the last the notification is dead-lettered.",
  }),
  ATTEMPT_TIMEOUT_MS: durationMs(15_000, "How long an attempt may take where the endpoint does not say."),
  DELIVERIES_CONCURRENT_MAX: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 16,
    description:
      "Deliveries under way at once to one endpoint from this process, where the endpoint does not say; so many a crash may repeat.",
  }),
} satisfies TProperties;

/** Everything the notifier reads from its environment. */
export const notifierConfig = Type.Object(properties);

/** What the notifier is configured with. */
export type NotifierConfig = Config<typeof properties>;
