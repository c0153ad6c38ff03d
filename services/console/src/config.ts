// The configuration of the console.

import { adminPort, baseConfig, type Config, listenPort } from "@riffle/service-kit/process";
import { Type } from "typebox";
import { consoleAccessConfig } from "./access/config.ts";
import { caseDeskConfig } from "./cases/config.ts";
import { feedConfig } from "./feed/config.ts";

/** The variables of the console. */
export const configSchema = Type.Object({
  ...baseConfig,
  ADMIN_PORT: adminPort(9106),
  HTTP_HOST: Type.String({
    minLength: 1,
    default: "127.0.0.1",
    description: "Address the API and the dashboard listen on; 0.0.0.0 in a container.",
  }),
  HTTP_PORT: listenPort(8090, "Port of the API and the dashboard."),
  DATA_DIR: Type.Optional(
    Type.String({
      minLength: 1,
      rule: "a folder",
      examples: ["/var/lib/riffle/console"],
      description:
        "Folder of the read model, which may be deleted at any time and is built again from the topics. Without it a temporary folder, so that every start builds it. One for each process.",
    }),
  ),
  RETENTION_HOURS: Type.Integer({
    minimum: 1,
    maximum: 87_600,
    unit: "hours",
    default: 168,
    description:
      "How long the read model keeps what happened, by event time. Lower: a smaller file; higher: older passports. What the topics no longer hold cannot be built again.",
  }),
  DEMO_INGEST_URL: Type.Optional(
    Type.String({
      pattern: "^https?://[^/@\\s]+$",
      rule: "an http or https address without a path",
      examples: ["http://127.0.0.1:8080"],
      description:
        "Ingest to which POST /v1/scenario sends a demonstration story. Without it there is no such button: in production leave it out.",
    }),
  ),
  DEMO_INGEST_PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: "^https?://[^/@\\s]+$",
      rule: "an http or https address without a path",
      examples: ["http://127.0.0.1:8080"],
      description:
        "Ingest as the reader of the dashboard reaches it, in the commands shown there for pasting. Without it DEMO_INGEST_URL.",
    }),
  ),
  ...feedConfig,
  ...consoleAccessConfig,
  ...caseDeskConfig,
});

/** The configuration of the console, as read. */
export type ConsoleConfig = Config<(typeof configSchema)["properties"]>;
