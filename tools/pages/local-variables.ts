// The variables of the local commands (`start`, `scenario`, `test`). They belong to no service's schema; a test holds the
// names against the code under infra/.

/** Name, meaning and default of each. */
export const localVariables: readonly (readonly [name: string, meaning: string, whenAbsent: string])[] = [
  [
    "KAFKA_BROKERS",
    "Kafka 4 to use instead of starting one, `host:port,…`. One that does not answer is an error.",
    "one is started: Docker if it answers, else Java; `start` with neither: in memory",
  ],
  [
    "RIFFLE_KAFKA",
    "Where Kafka comes from: `env`, `docker`, `jvm`, `memory` (for `start` alone: a broker in its own memory, nothing survives a restart) or `auto`. Anything but `auto` forbids the others.",
    "`auto`",
  ],
  ["DOCKER_HOST", "The Docker engine to ask.", "the usual sockets"],
  ["JAVA_HOME", "The Java 17 or later that runs Kafka without Docker.", "`java` on the PATH"],
  ["INGEST_HOST", "Address that `start` lets ingest listen on.", "`127.0.0.1`"],
  ["INGEST_PORT", "Port of the API under `start`.", "`8080`"],
  [
    "CONSOLE_HOST",
    "Address that `start` lets the dashboard listen on. It asks nobody who he is.",
    "`127.0.0.1`",
  ],
  ["CONSOLE_PORT", "Port of the dashboard under `start`.", "`8090`"],
  [
    "<SERVICE>_ADMIN_PORT",
    "Admin port of a service under `start`: `INGEST_ADMIN_PORT`, `FILTER_ADMIN_PORT`, `AGGREGATOR_ADMIN_PORT`, `FRAUD_DETECTOR_ADMIN_PORT`, `NOTIFIER_ADMIN_PORT`, `CONSOLE_ADMIN_PORT`.",
    "`9101` to `9106`, in this order",
  ],
  ["RIFFLE_FOLDER", "Folder for what the local commands write: logs, data, downloads.", "`.riffle`"],
  ["INGEST_URL", "Where `scenario` sends.", "what `start` wrote down"],
];
