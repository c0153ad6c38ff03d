// The variables that more than one service has, and the relations between them.
//
// A service spreads what it needs into its own schema: `Type.Object({ ...baseConfig, ...streamConfig, … })`.
// Descriptions are sentences of the README tables (config-pages.ts).

import { hostname } from "node:os";
import { failPoints, holdingPoints } from "@riffle/streams";
import { Type } from "typebox";
import type { Relation } from "./config.ts";
import { kafkaSecurityConfig } from "./kafka-security.ts";

const portRule = { minimum: 0, maximum: 65_535, rule: "a port from 0 to 65535" };

/** Eleven days: the sum of two is still a time that `setTimeout` waits for. Above 2^31 − 1 it fires at once. */
const durationMsMax = 1_000_000_000;

/** How long something waits or takes, in whole milliseconds, from 1 to 1,000,000,000. */
export function durationMs(defaultMs: number, description: string) {
  return Type.Integer({
    minimum: 1,
    maximum: durationMsMax,
    unit: "milliseconds",
    default: defaultMs,
    description,
  });
}

/** A length of event or stream time in whole milliseconds, from 1 up. No timer waits for it: it may be years. */
export function streamTimeMs(defaultMs: number, description: string) {
  return Type.Integer({ minimum: 1, unit: "milliseconds", default: defaultMs, description });
}

/** A TCP port to listen on. 0 lets the system choose a free one (tests). */
export function listenPort(defaultPort: number, description: string) {
  return Type.Integer({ ...portRule, default: defaultPort, description });
}

/** The admin port with a service's own default, so that all services can run on one machine. */
export function adminPort(defaultPort: number) {
  return listenPort(
    defaultPort,
    "Port of /livez, /readyz, /metrics and /version; never shared with business traffic.",
  );
}

/** What every service reads from its environment. */
export const baseConfig = {
  KAFKA_BROKERS: Type.Array(
    Type.String({ pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+):([1-9][0-9]{0,4})$" }),
    {
      minItems: 1,
      rule: "a comma-separated list",
      examples: ["127.0.0.1:9092"],
      description: "Brokers to start from, host:port; the rest of the cluster is learnt from them.",
    },
  ),
  ...kafkaSecurityConfig,
  RIFFLE_INSTANCE_ID: Type.String({
    pattern: "^[A-Za-z0-9._-]{1,64}$",
    rule: "1 to 64 of A-Z a-z 0-9 . _ -",
    default:
      hostname()
        .replace(/[^A-Za-z0-9._-]/g, "-")
        .slice(0, 64) || "local",
    defaultText: "the host name",
    description:
      "Name of this process among the replicas of its service. Stable over restarts, because Kafka fences the predecessor of the same name; two replicas on one host need two names.",
  }),
  ADMIN_HOST: Type.String({
    minLength: 1,
    default: "127.0.0.1",
    description: "Address the admin port listens on; 0.0.0.0 where probes come from outside the host.",
  }),
  ADMIN_PORT: adminPort(9464),
  LOG_LEVEL: Type.Enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
    default: "info",
    description: "Least severity that is written to standard error.",
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: "^https?://[^/@\\s]+(/[^@\\s]*)?$",
      rule: "an http or https address without a user name",
      examples: ["http://127.0.0.1:4318"],
      description:
        "Collector that speaks OTLP over HTTP; traces are sent there. Without it there are none, and they cost nothing.",
    }),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1,
    description:
      "Share of the traces that begin here which are recorded; a trace that came along keeps its own decision.",
  }),
  SHUTDOWN_DEADLINE_MS: durationMs(
    15_000,
    "How long a shutdown may take before the process ends itself with code 1; keep it below the orchestrator's grace period.",
  ),
  RIFFLE_FAILPOINT: Type.Optional(
    Type.String({
      pattern: `^((${failPoints.join("|")}):(kill|pause|throw)|(${holdingPoints.join("|")}):hold)(:[1-9][0-9]{0,8})?$`,
      rule: "point:action or point:action:n; the points are in packages/streams/src/fail-points.ts, actions: kill, pause, throw, hold",
      examples: ["after-end-txn:kill:3"],
      description:
        "For fault tests: where this process ends, stops or fails, once, when it comes by there for the n-th time.",
    }),
  ),
};

/** What a service that processes a topic reads besides. */
export const streamConfig = {
  SESSION_TIMEOUT_MS: durationMs(
    15_000,
    "Silence after which the group takes a member for dead. Lower: faster takeover; higher: fewer false alarms.",
  ),
  TRANSACTION_TIMEOUT_MS: durationMs(
    10_000,
    "Age at which the broker aborts an unfinished atomic commit; bounds how long a crashed process holds readers back.",
  ),
  HEARTBEAT_INTERVAL_MS: durationMs(3_000, "Time between signs of life to the group."),
  LEAVE_GROUP_ON_STOP: Type.Boolean({
    default: true,
    description:
      "Whether an orderly stop tells the group. true: the other replicas take over at once, and the group rebalances again when this one is back. false: they go on undisturbed, and its partitions wait for its restart, or for SESSION_TIMEOUT_MS when it was scaled in.",
  }),
  IDLE_AFTER_MS: durationMs(
    5_000,
    "Quiet time after which stream time follows the wall clock, so that windows close though traffic stops.",
  ),
  STATE_DIR: Type.Optional(
    Type.String({
      minLength: 1,
      rule: "a folder",
      examples: ["/var/lib/riffle"],
      description:
        "Folder for copies of the committed state, so that a restart on the same disk reads only what is missing; without it the changelog is read from its start. A cache: it may be deleted at any time. One for each process; about twice the size of the state.",
    }),
  ),
  CHECKPOINT_INTERVAL_MS: durationMs(
    10_000,
    "Time between two writings of the copies in STATE_DIR; what a crash leaves to be read from the changelog.",
  ),
  STANDBY_REPLICAS: Type.Integer({
    minimum: 0,
    default: 0,
    description:
      "How many other replicas keep a warm copy of each partition's state in memory, so that a failover restores next to nothing. The same for all replicas of the service; costs as much memory again for each.",
  }),
  COMMIT_INTERVAL_MS_MAX: durationMs(
    100,
    "Longest time between atomic commits under load; a larger one is cheaper and slower to be seen.",
  ),
  PARTITION_FETCH_BYTES_MAX: Type.Integer({
    minimum: 1_024,
    maximum: 268_435_456,
    unit: "bytes",
    default: 1_048_576,
    description:
      "The most that one fetch brings of a partition; twice as much is read ahead of the work. Lower: less memory; higher: fewer fetches when far behind.",
  }),
  KAFKA_COMPRESSION: Type.Enum(["none", "gzip", "snappy", "lz4", "zstd"], {
    default: "none",
    description:
      "How batches of outputs and changelogs are packed; the topics' own compression.type decides what the brokers store.",
  }),
  KAFKA_PRODUCERS: Type.Enum(["per-process", "per-task"], {
    default: "per-process",
    description:
      "What an atomic commit covers: all tasks of the process, or each task by a producer of its own, which costs three requests a task and isolates its failures. The same for all replicas of a service.",
  }),
};

/** The rules between the variables of {@link streamConfig}. Those a schema lacks are skipped. */
export const streamRelations: readonly Relation[] = [
  {
    // Otherwise a dead member's tasks move on while its open commit still blocks readers.
    between: ["TRANSACTION_TIMEOUT_MS", "SESSION_TIMEOUT_MS"],
    rule: "below SESSION_TIMEOUT_MS",
    holds: (transactionMs = 0, sessionMs = 0) => transactionMs < sessionMs,
  },
  {
    // One lost heartbeat must not cost the membership.
    between: ["HEARTBEAT_INTERVAL_MS", "SESSION_TIMEOUT_MS"],
    rule: "below half of SESSION_TIMEOUT_MS",
    holds: (heartbeatMs = 0, sessionMs = 0) => heartbeatMs < sessionMs / 2,
  },
  {
    between: ["COMMIT_INTERVAL_MS_MAX", "TRANSACTION_TIMEOUT_MS"],
    rule: "below half of TRANSACTION_TIMEOUT_MS",
    holds: (commitMs = 0, transactionMs = 0) => commitMs < transactionMs / 2,
  },
];
