// A stream service as a process: a Nest microservice whose transport is the stream engine.

import type { DynamicModule } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Topic } from "@riffle/contracts";
import type { TObject, TProperties } from "typebox";
import type { baseConfig, streamConfig } from "../base-config.ts";
import type { Config } from "../config.ts";
import { runService, type ServiceContext, type ServiceDefinition } from "../run-service.ts";
import { KafkaStageRunner, type StreamProcessConfig } from "./kafka-stage-runner.ts";
import { NestLogger } from "./nest-logger.ts";
import { PassThroughFilter } from "./pass-through-filter.ts";
import { StreamStrategy } from "./stream-strategy.ts";

/** The variables a stream service needs: its schema spreads `baseConfig` and `streamConfig`. */
export type StreamVariables = TProperties & typeof baseConfig & typeof streamConfig;

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
