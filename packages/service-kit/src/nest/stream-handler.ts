// `@StreamHandler`: an `@EventPattern` for a whole batch of a topic, with the stores and outputs it needs.
//
// Also reads the decorations back, so that the very same controller runs in Nest on a real broker and, with no
// broker and no Nest, in the stage driver.

import "reflect-metadata";
import { EventPattern } from "@nestjs/microservices";
import type { Topic } from "@riffle/contracts";
import type { AnyStoreSpec, RecordBatch, Stage, Task, TopicHandler } from "@riffle/streams";

/** The transport id of stream handlers: in a hybrid application no other strategy takes them. */
export const STREAM_TRANSPORT: unique symbol = Symbol("riffle:stream");

/** What a handler needs besides its topic. */
export interface StreamHandlerOptions {
  /** Stores by the name the handler's class uses for them; each becomes a changelog topic. */
  readonly stores?: Readonly<Record<string, AnyStoreSpec>>;
  /** Topics the handler may emit to. */
  readonly emits?: readonly Topic<unknown>[];
  /** Whether it makes calls to the outside world, see `TopicHandler`. @default false */
  readonly external?: boolean;
}

/** What the transport finds in the extras of a decorated method. */
export interface StreamHandlerExtras {
  readonly topic: Topic<unknown>;
  readonly stores: readonly AnyStoreSpec[];
  readonly emits: readonly Topic<unknown>[];
  readonly external: boolean;
}

interface DecoratedMethod extends StreamHandlerExtras {
  readonly method: string | symbol;
}

// `never`: a method may ask for the batch of its own topic's values.
type BatchMethod = (batch: RecordBatch<never>, task: Task) => void | Promise<void>;

// Nest types its handlers as `(data, ...args) => any`; ours say what they take.
type BatchDecorator = <M extends BatchMethod>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

const decorated = new WeakMap<object, DecoratedMethod[]>();

/**
 * Marks a controller's method as the handler of a topic. The method gets a `RecordBatch` as `@Payload()` and the
 * `Task` as `@Ctx()`; it may return a promise, which is awaited before the task's next batch. What it throws is
 * charged to the record it held.
 */
export const StreamHandler =
  (topic: Topic<unknown>, options: StreamHandlerOptions = {}): BatchDecorator =>
  (target, method, descriptor) => {
    const extras: StreamHandlerExtras = {
      topic,
      stores: Object.values(options.stores ?? {}),
      emits: options.emits ?? [],
      external: options.external ?? false,
    };
    decorated.set(target, [...(decorated.get(target) ?? []), { ...extras, method }]);
    (EventPattern(topic.name, STREAM_TRANSPORT, extras) as unknown as BatchDecorator)(
      target,
      method,
      descriptor,
    );
  };

/**
 * The stage a controller's decorated methods make, called directly: for the stage driver.
 *
 * @param service consumer group and prefix of changelogs
 * @param deadLetters name of the service's dead-letter topic
 * @param controller an instance of the decorated class
 */
export const stageOf = (service: string, deadLetters: Topic<unknown>, controller: object): Stage => {
  const methods = decorated.get(Object.getPrototypeOf(controller)) ?? [];
  const handlers = methods.map(({ topic, stores, emits, external, method }): TopicHandler => {
    const handle = (controller as Record<string | symbol, BatchMethod>)[method] as BatchMethod;
    return {
      topic,
      stores,
      emits,
      external,
      handle: (batch, task) => handle.call(controller, batch as RecordBatch<never>, task),
    };
  });
  return { service, handlers, deadLetters: deadLetters.name };
};
