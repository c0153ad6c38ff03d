// The configuration of ingest.

import { accessConfig } from "@riffle/service-kit/access";
import { adminPort, baseConfig, type Config, durationMs, listenPort } from "@riffle/service-kit/process";
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
  HTTP_CONNECTIONS_MAX: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 2_000,
    description:
      "Connections that the API has open at once; one more is closed unanswered. Bounds the memory of idle and slow clients, at some 12 KiB each, 32 with TLS.",
  }),
  TLS_CERT_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      rule: "a file",
      description:
        "PEM file of the certificate the API shows, with its chain; with TLS_KEY_FILE it speaks HTTPS alone, TLS 1.2 or later. Both are read again when they change.",
    }),
  ),
  TLS_KEY_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      rule: "a file",
      description: "PEM file of the key of that certificate, without a passphrase.",
    }),
  ),
  ...accessConfig,
  RATE_LIMIT_PER_SECOND: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description:
        "Transactions a second that one sender may send, in this process; a key may have its own. Without it there is no limit.",
    }),
  ),
  RATE_LIMIT_BURST: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: "Transactions that a sender may send at once after a pause. Without it twice the rate.",
    }),
  ),
  EVENT_LOOP_DELAY_MS_MAX: durationMs(
    1_000,
    "How late the process may be with its own work before it answers 503 to new requests. Lower: sheds sooner.",
  ),
  API_DOCS: Type.Boolean({
    default: true,
    description: "Whether /docs, /openapi.json and /asyncapi.json are served; they ask nobody who they are.",
  }),
  REPEAT_MEMORY_BYTES: Type.Integer({
    minimum: 0,
    maximum: 1_073_741_824,
    default: 16_777_216,
    description:
      "Memory for transactions that were answered 202, so that a repeat is answered at once and other content or another account under the same id is told as a conflict. 0: none; the filter suppresses repeats all the same.",
  }),
  PRODUCE_DEADLINE_MS: durationMs(
    1_500,
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
  UNSETTLED_BYTES_MAX: Type.Integer({
    minimum: 65_536,
    maximum: 4_294_967_296,
    default: 67_108_864,
    description: "Bytes of transactions that may wait for Kafka at once; the same bound for large ones.",
  }),
});

/** The configuration of ingest, as read. */
export type IngestConfig = Config<(typeof configSchema)["properties"]>;
