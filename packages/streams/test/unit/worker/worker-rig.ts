// A worker on a fake Kafka, with everything it told its observer.

import type { Doubt } from "../../../src/state/checkpoint.ts";
import type { CommitReport, RestoreReport, WorkerPhase } from "../../../src/worker/observer.ts";
import type { StreamRecord } from "../../../src/worker/record.ts";
import type { Stage, Task } from "../../../src/worker/stage.ts";
import { StreamWorker, type WorkerOptions } from "../../../src/worker/worker.ts";
import { FakeClient } from "../../fakes/fake-client.ts";
import { atTestEnd } from "../../harness/at-test-end.ts";
import { countStage } from "../../harness/count-stage.ts";
import { eventually } from "../../harness/eventually.ts";
import { textOf } from "../../harness/records.ts";

export interface RigOptions extends WorkerOptions {
  readonly share?: readonly number[];
  /** Default: a new one. */
  readonly client?: FakeClient;
  /** Default: the counting stage. */
  readonly stage?: Stage;
  readonly onRecord?: (record: StreamRecord<unknown>, task: Task) => void | Promise<void>;
  readonly onBatch?: (size: number, task: Task) => void;
}

const input = (partition = 0) => ({ topic: "s-in", partition });

/** A worker on a fake Kafka. */
export class Rig {
  readonly client: FakeClient;
  readonly phases: WorkerPhase[] = [];
  readonly reports: CommitReport[] = [];
  readonly failures: [message: string, action: string][] = [];
  readonly restored: RestoreReport[] = [];
  readonly doubts: Doubt[] = [];
  readonly copyFailures: unknown[] = [];
  readonly worker: StreamWorker;
  #running: Promise<void> | undefined;

  constructor({ share, stage, onRecord, onBatch, client, ...options }: RigOptions = {}) {
    this.client = client ?? new FakeClient();
    if (share !== undefined) this.client.share = share;
    const counting = countStage({
      service: "s",
      ...(onRecord === undefined ? {} : { onRecord }),
      ...(onBatch === undefined ? {} : { onBatch }),
    });
    this.worker = new StreamWorker(stage ?? counting.stage, this.client, options, {
      phase: (phase) => this.phases.push(phase),
      committed: (report) => this.reports.push(report),
      restored: (report) => this.restored.push(report),
      copyDoubted: ({ doubt }) => this.doubts.push(doubt),
      copyFailed: ({ error }) => this.copyFailures.push(error),
      failed: (error, action) => this.failures.push([String((error as Error).message), action]),
    });
    atTestEnd(() => this.worker.stop().catch(() => {}));
  }

  /** Starts it and waits until its share is restored. */
  async start(): Promise<this> {
    this.run();
    await this.ready();
    return this;
  }

  run(): Promise<void> {
    this.#running ??= this.worker.run();
    this.#running.catch(() => {});
    return this.#running;
  }

  async ready(): Promise<void> {
    await eventually("the worker waits for records", () => this.worker.ready && this.client.waiting);
  }

  /** Waits until everything appended to the partitions is committed. */
  async settled(...partitions: number[]): Promise<void> {
    for (const partition of partitions.length > 0 ? partitions : [0]) {
      await eventually(
        `partition ${partition} is committed to its end`,
        () => this.client.committed(input(partition))?.offset === this.client.end(input(partition)),
      );
    }
  }

  /** Lets one wait for records end with none, and the worker act on it. */
  async idle(): Promise<void> {
    await this.ready();
    const { waits } = this.client;
    this.client.interrupt();
    await eventually("the worker waits again", () => this.client.waits > waits);
  }

  append(partition: number, ...texts: string[]): void {
    this.client.append(input(partition), ...texts);
  }

  /** Values committed to the output, or another topic, of one partition. */
  texts(topic = "s-out", partition = 0): (string | null)[] {
    return this.client
      .topic(topic)
      .filter((record) => record.partition === partition)
      .map(({ value }) => textOf(value));
  }

  committedOffset(partition = 0): number | undefined {
    return this.client.committed(input(partition))?.offset;
  }

  /** Calls from the given one on. */
  callsSince(index: number): string[] {
    return this.client.calls.slice(index);
  }
}
