// A stage on Kafka, in this process: under Nest, or beside whatever else a service is. It does not load Nest.

import { type Stage, StreamWorker } from "@riffle/streams";
import { connectStreams, type StreamsClient } from "@riffle/streams/kafka";
import type { baseConfig, streamConfig } from "../base-config.ts";
import type { Config } from "../config.ts";
import { kafkaConnection } from "../kafka-security.ts";
import type { ServiceContext } from "../run-service.ts";
import type { StageRunner } from "./stream-strategy.ts";
import { tracedClient } from "./traced-client.ts";
import { observeWorker } from "./worker-metrics.ts";

/** What a stage needs to know of its process. */
export type StreamProcessConfig = Config<typeof baseConfig & typeof streamConfig>;

/** Runs a stage, from its connection to its last commit. */
export class KafkaStageRunner implements StageRunner {
  readonly #context: ServiceContext<StreamProcessConfig>;
  #client: StreamsClient | undefined;
  #worker: StreamWorker | undefined;

  constructor(context: ServiceContext<StreamProcessConfig>) {
    this.#context = context;
    context.health.register("stream", () => ({
      ok: this.#worker?.ready ?? false,
      detail:
        this.#worker === undefined
          ? "connecting"
          : `${this.#worker.phase}, ${this.#worker.partitions.length} partitions`,
    }));
  }

  async start(stage: Stage): Promise<void> {
    const { config, log, metrics } = this.#context;
    this.#client = await connectStreams(stage, {
      ...kafkaConnection(config),
      instanceId: config.RIFFLE_INSTANCE_ID,
      sessionTimeoutMs: config.SESSION_TIMEOUT_MS,
      transactionTimeoutMs: config.TRANSACTION_TIMEOUT_MS,
      heartbeatIntervalMs: config.HEARTBEAT_INTERVAL_MS,
      leavesOnStop: config.LEAVE_GROUP_ON_STOP,
      compression: config.KAFKA_COMPRESSION,
      producers: config.KAFKA_PRODUCERS,
      standbyReplicas: config.STANDBY_REPLICAS,
      fetch: {
        partitionBytesMax: config.PARTITION_FETCH_BYTES_MAX,
        prefetchBytesMax: 2 * config.PARTITION_FETCH_BYTES_MAX,
      },
      log: (message, details) => log.debug({ ...details }, message),
    });
    const options = {
      idleAfterMs: config.IDLE_AFTER_MS,
      commitIntervalMsMax: config.COMMIT_INTERVAL_MS_MAX,
      checkpointIntervalMs: config.CHECKPOINT_INTERVAL_MS,
      ...(config.STATE_DIR === undefined ? {} : { stateDir: config.STATE_DIR }),
    };
    const observer = observeWorker({ metrics, log, stage, worker: () => this.#worker });
    const { tracing } = this.#context;
    const client = tracing === undefined ? this.#client : tracedClient(this.#client, tracing);
    this.#worker = new StreamWorker(stage, client, options, observer);
    this.#worker.run().catch((error: unknown) => this.#context.fatal(error));
  }

  async stop(): Promise<void> {
    await this.#worker?.stop();
    await this.#client?.close();
  }
}
