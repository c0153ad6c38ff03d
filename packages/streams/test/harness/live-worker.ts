// Workers of the counting stage on a real broker: what a test starts, drives and checks them with.

import { connectStreams, type StreamsClient, type StreamsClientOptions } from "../../src/kafka/client.ts";
import type { Doubt } from "../../src/state/checkpoint.ts";
import type { CommitReport, RestoreReport } from "../../src/worker/observer.ts";
import type { Stage } from "../../src/worker/stage.ts";
import { changelogTopic } from "../../src/worker/task.ts";
import { StreamWorker, type WorkerOptions } from "../../src/worker/worker.ts";
import { closing } from "./clients.ts";
import { createTopics, uniqueName, wireOptions } from "./cluster.ts";
import { type CountStageOptions, countStage, counts } from "./count-stage.ts";
import { eventually } from "./eventually.ts";

export { closing, openProducer, toSend } from "./clients.ts";

/** A running worker, and what it told. */
export interface LiveWorker {
  readonly worker: StreamWorker;
  readonly client: StreamsClient;
  readonly run: Promise<void>;
  readonly reports: CommitReport[];
  readonly restored: RestoreReport[];
  /** Why copies on the local disk were not used. */
  readonly doubts: Doubt[];
  readonly failures: { readonly error: unknown; readonly action: string }[];
  /** Stops it in order: commits, leaves, closes. */
  stop(): Promise<void>;
}

/** Sessions shorter than in production, in the same order: heartbeat, transaction, session. */
const times = { sessionTimeoutMs: 6_000, transactionTimeoutMs: 4_000, heartbeatIntervalMs: 300 };

/** A service of a test's own with its topics created, its changelog too. */
export const createService = async (options: Omit<CountStageOptions, "service"> = {}, partitions = 3) => {
  const service = uniqueName("count");
  const counting = countStage({ service, ...options });
  const [input, output] = [counting.input.name, counting.output.name];
  await createTopics([input, output, counting.stage.deadLetters], partitions);
  await createTopics([changelogTopic(service, counts.name)], partitions, { "cleanup.policy": "compact" });
  return { ...counting, service, input, output };
};

/** Connects a worker of the stage and runs it until the test ends. */
export const startWorker = async (
  stage: Stage,
  instanceId: string,
  options: Partial<StreamsClientOptions> & WorkerOptions = {},
): Promise<LiveWorker> => {
  const client = await connectStreams(stage, { ...wireOptions(), ...times, ...options, instanceId });
  const reports: CommitReport[] = [];
  const restored: LiveWorker["restored"] = [];
  const doubts: Doubt[] = [];
  const failures: LiveWorker["failures"] = [];
  const worker = new StreamWorker(stage, client, options, {
    committed: (report) => reports.push(report),
    restored: (report) => restored.push(report),
    copyDoubted: ({ doubt }) => doubts.push(doubt),
    failed: (error, action) => failures.push({ error, action }),
  });
  const run = worker.run();
  run.catch(() => {});
  const stop = async (): Promise<void> => {
    await worker.stop();
    await client.close();
  };
  closing({ close: () => stop().catch(() => {}) });
  return { worker, client, run, reports, restored, doubts, failures, stop };
};

/** Waits until the workers share all partitions and are ready. */
export const eventuallyShared = (partitions: number, ...workers: readonly LiveWorker[]): Promise<boolean> =>
  eventually(
    `${workers.length} workers share ${partitions} partitions`,
    () =>
      workers.every(({ worker }) => worker.ready) &&
      workers.reduce((sum, { worker }) => sum + worker.partitions.length, 0) === partitions,
    20_000,
  );
