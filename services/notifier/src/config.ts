// The notifier's environment variables.

import { adminPort, baseConfig, type Config, durationMs, streamConfig } from "@riffle/service-kit";
import { type TProperties, Type } from "typebox";

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
      description: "Where each alert is posted; without it no webhook is sent.",
    }),
  ),
  WEBHOOK_SECRET: Type.Optional(
    Type.String({
      pattern: "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$",
      rule: "whsec_ and 24 to 64 bytes in Base64",
      secret: true,
      description: "Signs the webhooks, as Standard Webhooks says; required with WEBHOOK_URL.",
    }),
  ),
  WEBHOOK_TIMEOUT_MS: durationMs(5_000, "How long an attempt waits for the receiver's answer."),
  WEBHOOK_ATTEMPTS_MAX: Type.Integer({
    minimum: 1,
    maximum: 20,
    default: 4,
    description: "Attempts per alert, the first included; after the last the notification is dead-lettered.",
  }),
  WEBHOOK_BACKOFF_MS: durationMs(
    500,
    "Wait after the first failed attempt; it doubles with each further one.",
  ),
  WEBHOOK_BACKOFF_MS_MAX: durationMs(
    10_000,
    "Longest wait between attempts, also where the receiver asks for more with Retry-After.",
  ),
  DELIVERIES_CONCURRENT_MAX: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 16,
    description:
      "Deliveries under way at once per partition; those of one account to one channel never overlap.",
  }),
} satisfies TProperties;

/** Everything the notifier reads from its environment. */
export const notifierConfig = Type.Object(properties);

/** What the notifier is configured with. */
export type NotifierConfig = Config<typeof properties>;
