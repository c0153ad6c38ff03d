// The configuration of ingest.

import { adminPort, baseConfig, type Config, durationMs, listenPort } from "@riffle/service-kit";
import { Type } from "typebox";

/** The variables of ingest. */
export const configSchema = Type.Object({
  ...baseConfig,
  ADMIN_PORT: adminPort(9101),
  HTTP_HOST: Type.String({
    minLength: 1,
    default: "127.0.0.1",
    description: "Address the API listens on; 0.0.0.0 in a container.",
  }),
  HTTP_PORT: listenPort(8080, "Port of the API."),
  PRODUCE_DEADLINE_MS: durationMs(
    2_000,
    "How long a client waits for all in-sync replicas before it is told 503. Lower: quicker refusals in an outage; higher: fewer of them on a slow cluster.",
  ),
  PRODUCE_REQUEST_TIMEOUT_MS: durationMs(
    5_000,
    "How long the producer waits for a broker's answer before it takes the outcome for unknown and starts afresh. Above PRODUCE_DEADLINE_MS a slow broker costs refusals, not the producer.",
  ),
  UNSETTLED_SENDS_MAX: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 5_000,
    description:
      "Records that may wait for Kafka at once; beyond it the answer is an immediate 503. Bounds memory in an outage, at some 4 KiB each.",
  }),
});

/** The configuration of ingest, as read. */
export type IngestConfig = Config<(typeof configSchema)["properties"]>;
