// A stream service as a process: a Nest microservice whose transport is the stream engine.

import type { DynamicModule } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Topic } from "@riffle/contracts";
import { type Stage, StreamWorker } from "@riffle/streams";
import { connectStreams, type StreamsClient } from "@riffle/streams/kafka";
import type { TObject, TProperties } from "typebox";
import type { baseConfig, streamConfig } from "../base-config.ts";
import type { Config } from "../config.ts";
import { kafkaConnection } from "../kafka-security.ts";
import { runService, type ServiceContext, type ServiceDefinition } from "../run-service.ts";
import { NestLogger } from "./nest-logger.ts";
import { PassThroughFilter } from "./pass-through-filter.ts";
import { type StageRunner, StreamStrategy } from "./stream-strategy.ts";
import { tracedClient } from "./traced-client.ts";
import { observeWorker } from "./worker-metrics.ts";

/** The variables a stream service needs: its schema spreads `baseConfig` and `streamConfig`. */
export type StreamVariables = TProperties & typeof baseConfig & typeof streamConfig;

type StreamProcessConfig = Config<typeof baseConfig & typeof streamConfig>;

/** A stream service, as its main.ts describes it. */
export interface StreamServiceDefinition<P extends StreamVariables>
  extends Omit<ServiceDefinition<P>, "start" | "configSchema"> {
  readonly configSchema: TObject<P>;
  /** The service's dead-letter topic. */
  readonly deadLetters: Topic<unknown>;
  /**
   * First step of a shutdown, while the stream still runs: calls to the outside world come to their end, and what they
   * brought is committed. @default nothing
   */
  readonly beforeStop?: () => void | Promise<void>;
  /** The controllers and what is injected into them. */
  readonly module: (context: ServiceContext<Config<P>>) => Pick<DynamicModule, "controllers" | "providers">;
}

/** The root module; what it holds is given by each service. */
class StreamModule {}

/** Runs a stage on Kafka, in this process. */
class KafkaStageRunner implements StageRunner {
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
      compression: config.KAFKA_COMPRESSION,
      producers: config.KAFKA_PRODUCERS,
      standbyReplicas: config.STANDBY_REPLICAS,
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

/**
 * Runs a stream service as this process: the only statement of its main.ts.
 *
 * Owns what `runService` owns, and the Nest application with its controllers. Ready once it is a member of its group
 * and has restored its share of the state, an empty share included.
 */
export const runStreamService = async <P extends StreamVariables>(
  definition: StreamServiceDefinition<P>,
): Promise<void> => {
  const { name, deadLetters, module } = definition;
  const start = async (context: ServiceContext<Config<P>>): Promise<void> => {
    // The bound on P says so; the compiler does not see through the mapped type.
    const own = context as unknown as ServiceContext<StreamProcessConfig>;
    const strategy = new StreamStrategy({ service: name, deadLetters, runner: new KafkaStageRunner(own) });
    const root: DynamicModule = { module: StreamModule, ...module(context) };
    const app = await NestFactory.createMicroservice(root, {
      strategy,
      logger: new NestLogger(context.log),
      abortOnError: false,
    });
    app.useGlobalFilters(new PassThroughFilter());
    context.onShutdown("stream", () => app.close());
    if (definition.beforeStop !== undefined) context.onShutdown("external calls", definition.beforeStop);
    await app.listen();
  };
  await runService({ ...definition, start } as unknown as Parameters<typeof runService>[0]);
};
