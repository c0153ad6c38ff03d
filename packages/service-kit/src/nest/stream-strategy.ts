// The transport strategy: hands whole batches of a topic to Nest controllers.
//
// Traps of Nest that this file is about:
//   - a handler that throws does not reject: Nest's proxy turns the error into an Observable, so awaiting the result
//     alone would swallow every failure;
//   - an empty Observable makes `lastValueFrom` reject unless it is given a default;
//   - a second handler for a pattern is chained to the first, and both would get the batch: refused here.

import { type CustomTransportStrategy, type MessageHandler, Server } from "@nestjs/microservices";
import type { Topic } from "@riffle/contracts";
import { type Stage, StreamsConfigError, type TopicHandler } from "@riffle/streams";
import { isObservable, lastValueFrom } from "rxjs";
import { STREAM_TRANSPORT, type StreamHandlerExtras } from "./stream-handler.ts";

/** What runs the stage that the controllers make up. */
export interface StageRunner {
  /** Connects and begins; resolves when the stage runs in the background. */
  start(stage: Stage): Promise<void>;
  /** Finishes the batch in hand, commits, leaves the group, disconnects. */
  stop(): Promise<void>;
}

/** What the strategy is made of. */
export interface StreamStrategyOptions {
  /** Consumer group and prefix of the changelogs. */
  readonly service: string;
  readonly deadLetters: Topic<unknown>;
  readonly runner: StageRunner;
}

/** Delivers batches to the methods marked with `@StreamHandler`. */
export class StreamStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = STREAM_TRANSPORT;
  /** Failures are ours to decide on; Nest must not log and forget them. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #options: StreamStrategyOptions;

  constructor(options: StreamStrategyOptions) {
    super();
    this.#options = options;
  }

  /** The stage that the application's controllers make up. @throws StreamsConfigError for two handlers of one topic */
  stage(): Stage {
    const entries = [...this.getHandlers()];
    const faults = entries
      .filter(([, handler]) => handler.next !== undefined)
      .map(([topic]) => `${topic} has two handlers; a topic is handled once in a service.`);
    if (entries.length === 0) faults.push(`${this.#options.service} has no @StreamHandler.`);
    if (faults.length > 0) throw new StreamsConfigError(faults);
    return {
      service: this.#options.service,
      deadLetters: this.#options.deadLetters.name,
      handlers: entries.map(([, handler]) => topicHandler(handler)),
    };
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.#options.runner.start(this.stage());
      callback();
    } catch (error) {
      callback(error);
    }
  }

  override async close(): Promise<void> {
    await this.#options.runner.stop();
  }

  /** @throws StreamsConfigError always: a stream has no events of its own to listen to */
  override on(): void {
    throw new StreamsConfigError([
      "The stream transport emits no events; use the metrics or the admin port.",
    ]);
  }

  override unwrap<T>(): T {
    return this.#options.runner as T;
  }
}

const topicHandler = (handler: MessageHandler): TopicHandler => {
  const { topic, stores, emits, external } = handler.extras as unknown as StreamHandlerExtras;
  return {
    topic,
    stores,
    emits,
    external,
    handle: async (batch, task) => {
      const result: unknown = await handler(batch, task);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    },
  };
};
