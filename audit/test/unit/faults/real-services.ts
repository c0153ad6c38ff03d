// The services' own handlers for a test of the audit, on a Kafka in memory: what the model must agree with, and where planted
// bugs sit.
//
// Nothing outside a service may import it by name; here each is loaded from its sources, so that what is planted in them is
// loaded too, and nothing is said of its types but what is used.

import { type Topic, topics } from "@riffle/contracts";
import type { Stage } from "@riffle/streams";
import { environmentOf, type ModelOptions } from "../../../model/options.ts";

const root = new URL("../../../../", import.meta.url);
const load = async <M>(path: string): Promise<M> => (await import(new URL(path, root).href)) as M;

type Handlers = object;
type Config = Readonly<Record<string, unknown>> & { readonly GRACE_MS: number };

interface ServiceKit {
  stageOf(service: string, deadLetters: Topic<unknown>, handlers: Handlers): Stage;
  loadConfig(schema: unknown, options: { readonly env: Readonly<Record<string, string>> }): Config;
}
interface Endpoint {
  readonly channel: { readonly name: string; attempt(): Promise<unknown> };
  readonly wants: () => boolean;
  readonly concurrencyMax: number;
  readonly retryWaits: readonly number[];
}
type Make<O> = new (options: O) => Handlers;

/** A channel that takes everything. */
const endpoint = (name: string, status: number | null): Endpoint => ({
  channel: {
    name,
    attempt: async () => ({
      attempt: { at: "2026-03-01T12:00:00.000Z", status, durationMs: 1 },
      verdict: "delivered",
    }),
  },
  wants: () => true,
  concurrencyMax: 4,
  retryWaits: [],
});

/** The channels that the notifier has here. */
export const channels = [
  { name: "console", status: null },
  { name: "webhook", status: 204 },
] as const;

const nowMs = (): number => Date.now();

/** Timers of the machine. */
const clock = {
  nowMs,
  after: (delayMs: number, call: () => void): (() => void) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Topics with as few partitions as a test wants. */
const inFew = ({ handlers, ...stage }: Stage, partitions: number): Stage => ({
  ...stage,
  handlers: handlers.map((handler) => ({ ...handler, topic: { ...handler.topic, partitions } })),
});

/** The four stages in the order of the flow, as a model with these options takes them for. */
export const realStages = async (options: ModelOptions, partitions: number): Promise<readonly Stage[]> => {
  const { graceMs, sessionGapMs, relevantTypes, dedupHorizonMs } = options;
  const { stageOf, loadConfig } = await load<ServiceKit>("packages/service-kit/dist/index.js");
  const of = "services";
  const { Filter } = await load<{ Filter: Make<object> }>(`${of}/filter/src/filter.ts`);
  const { Aggregator } = await load<{ Aggregator: Make<object> }>(`${of}/aggregator/src/aggregator.ts`);
  const detector = `${of}/fraud-detector/src`;
  const { FraudDetector } = await load<{ FraudDetector: Make<object> }>(`${detector}/fraud-detector.ts`);
  const { fraudDetectorConfig } = await load<{ fraudDetectorConfig: object }>(`${detector}/config.ts`);
  const { rulesOf } = await load<{ rulesOf(config: Config): unknown }>(`${detector}/rules.ts`);
  const { Notifier } = await load<{ Notifier: Make<object> }>(`${of}/notifier/src/notifier.ts`);
  const { Dispatcher } = await load<{ Dispatcher: new (options: object) => object }>(
    `${of}/notifier/src/deliveries/dispatcher.ts`,
  );
  const env = { KAFKA_BROKERS: "127.0.0.1:9092", ...environmentOf(options) };
  const rules = rulesOf(loadConfig(fraudDetectorConfig, { env }));
  const endpoints = channels.map(({ name, status }) => endpoint(name, status));
  const notifier = { endpoints, dispatcher: new Dispatcher({ endpoints, clock }), nowMs };
  const made: readonly (readonly [string, Topic<unknown>, Handlers])[] = [
    ["filter", topics.filterDeadLetters, new Filter({ dedupHorizonMs, relevantTypes })],
    ["aggregator", topics.aggregatorDeadLetters, new Aggregator({ graceMs, sessionGapMs })],
    ["fraud-detector", topics.fraudDetectorDeadLetters, new FraudDetector({ rules, graceMs })],
    ["notifier", topics.notifierDeadLetters, new Notifier(notifier)],
  ];
  return made.map(([service, deadLetters, handlers]) =>
    inFew(stageOf(service, deadLetters, handlers), partitions),
  );
};
