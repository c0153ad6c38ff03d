// A worker of a directed run: the real worker on the real client, as in the general runs, and what a script does to it and
// wants to know of it.

import { type StreamsClient, streamsOver, topicsOf } from "../../src/kafka/client.ts";
import { Wire } from "../../src/kafka/wire.ts";
import { MemoryConnections, type Network } from "../../src/memory-broker/connections.ts";
import type { Doubt } from "../../src/state/checkpoint.ts";
import type { SimulatedProcess } from "../../src/testing/simulation/process.ts";
import type { Random } from "../../src/testing/simulation/random.ts";
import type { Scenario } from "../../src/testing/simulation/scenario.ts";
import { PassingError, type Tampering, timing } from "../../src/testing/simulation/worker-process.ts";
import type { RestoreReport, WorkerPhase } from "../../src/worker/observer.ts";
import type { StreamRecord } from "../../src/worker/record.ts";
import type { Stage } from "../../src/worker/stage.ts";
import { StreamWorker, type WorkerOptions } from "../../src/worker/worker.ts";
import { Afterlife } from "./afterlife.ts";

/** How a worker is deployed. */
export interface WorkerSettings {
  /** @default 0 */
  readonly standbyReplicas?: number;
  readonly worker?: Omit<WorkerOptions, "clock" | "now">;
  /** How often its handler fails once at a record. @default 0 */
  readonly failing?: number;
}

/** What a site is told of its workers. */
export interface SiteWorkerEvents {
  note(line: string): void;
  /** It ended by itself. */
  ended(worker: SiteWorker, error: unknown): void;
}

/** The handlers of a stage with something around each call. */
export type Around = (stage: Stage, worker: SiteWorker) => Stage;

/** One worker in one process. */
export class SiteWorker {
  readonly place: number;
  readonly process: SimulatedProcess;
  readonly settings: WorkerSettings;
  phase: WorkerPhase = "starting";
  ended = false;
  /** What it has restored, and the copies on disk that it did not believe. */
  readonly restored: RestoreReport[] = [];
  readonly doubts: Doubt[] = [];
  readonly copyFailures: unknown[] = [];
  /** Errors after which it began again. */
  readonly failures: unknown[] = [];
  /** The record that its handler was given last, by partition. */
  readonly handled = new Map<number, number>();
  readonly #random: Random;
  readonly #events: SiteWorkerEvents;
  readonly #afterlife: Afterlife;
  #worker: StreamWorker | undefined;
  #running: Promise<void> | undefined;
  #stopping = false;
  #standbyHeld: PromiseWithResolvers<void> | undefined;

  constructor(
    place: number,
    process: SimulatedProcess,
    random: Random,
    settings: WorkerSettings,
    events: SiteWorkerEvents,
  ) {
    this.place = place;
    this.process = process;
    this.settings = settings;
    this.#random = random;
    this.#events = events;
    this.#afterlife = new Afterlife(process);
  }

  get instanceId(): string {
    return `w${this.place}`;
  }

  get alive(): boolean {
    return this.process.alive && !this.ended;
  }

  /** Partition numbers whose tasks run here. */
  get partitions(): readonly number[] {
    return this.alive && this.phase === "running" ? (this.#worker?.partitions ?? []) : [];
  }

  /** Partition numbers of which it holds a warm copy. */
  get standbys(): readonly number[] {
    return this.alive ? [...new Set((this.#worker?.standbys() ?? []).map(({ partition }) => partition))] : [];
  }

  /** How far behind its input it is. */
  inputs() {
    return this.#worker?.inputs() ?? [];
  }

  /** Begins. Never rejects. */
  start(scenario: Scenario, network: Network, tampering: Tampering, around: Around): void {
    this.#running = this.#run(scenario, this.#afterlife.reach(network), tampering, around).then(
      () => this.#end(undefined),
      (error: unknown) => this.#end(error),
    );
  }

  /** SIGTERM. */
  stop(): void {
    this.#stopping = true;
    void this.#worker?.stop().catch(() => {});
  }

  /** kill -9. @returns when it has let go of its files, in real time */
  async kill(): Promise<void> {
    if (!this.alive) return;
    this.process.kill();
    this.#afterlife.begin();
    this.stop();
    await this.#running;
  }

  /** Nothing of the changelogs reaches its standbys until {@link releaseStandbys}. */
  holdStandbys(): void {
    this.#standbyHeld ??= Promise.withResolvers();
  }

  releaseStandbys(): void {
    this.#standbyHeld?.resolve();
    this.#standbyHeld = undefined;
  }

  async #run(scenario: Scenario, network: Network, tampering: Tampering, around: Around): Promise<void> {
    const stage = around(scenario.stage(this.#disturbance()), this);
    const client = await this.#connect(stage, network, tampering);
    this.#worker = new StreamWorker(
      stage,
      tampering.client?.(client) ?? client,
      { ...this.settings.worker, clock: this.#afterlife.clock },
      {
        phase: (phase) => {
          this.phase = phase;
        },
        failed: (error, action) => {
          this.failures.push(error);
          this.#note(`failed (${action}): ${(error as Error).message}`);
        },
        restored: (report) => {
          this.restored.push(report);
          this.#note(`restored ${report.records} from ${report.from} ${report.fromOffset}`);
        },
        copyDoubted: ({ doubt }) => {
          this.doubts.push(doubt);
          this.#note(`does not believe its copy: ${doubt}`);
        },
        copyFailed: ({ error }) => {
          this.copyFailures.push(error);
          this.#note(`its disk failed: ${(error as Error).message}`);
        },
        log: (message) => this.#note(message),
      },
    );
    const running = this.#worker.run();
    if (this.#stopping) void this.#worker.stop().catch(() => {});
    try {
      await running;
    } finally {
      await client.close();
    }
  }

  #end(error: unknown): void {
    const wasAlive = this.process.alive;
    this.ended = true;
    this.process.kill();
    if (wasAlive) this.#events.ended(this, error);
  }

  /** What a dead process does is nobody's business. */
  #note(line: string): void {
    if (this.process.alive) this.#events.note(`${this.process.name} ${line}`);
  }

  async #connect(stage: Stage, network: Network, tampering: Tampering): Promise<StreamsClient> {
    const { inputs, outputs, changelogs } = topicsOf(stage);
    const tampered: Network = {
      anyNode: () => network.anyNode(),
      exchange: (exchange) => network.exchange(tampering.exchange?.(exchange) ?? exchange),
    };
    const wire = async (over: Network): Promise<Wire> => {
      const connections = new MemoryConnections(over, timing.requestTimeoutMs);
      await connections.addMultipleTargetTopics([...inputs, ...outputs, ...changelogs]);
      return Wire.over(connections, this.#afterlife.clock);
    };
    const [group, fetch, commit] = [await wire(tampered), await wire(tampered), await wire(tampered)];
    const { standbyReplicas = 0 } = this.settings;
    const held: Network = {
      anyNode: () => tampered.anyNode(),
      exchange: async (exchange) => {
        const answer = await tampered.exchange(exchange);
        await this.#standbyHeld?.promise;
        return answer;
      },
    };
    const standby = standbyReplicas > 0 ? { standby: await wire(this.#afterlife.reach(held)) } : {};
    return streamsOver(
      stage,
      { group, fetch, commit, ...standby },
      {
        ...timing,
        standbyReplicas,
        instanceId: this.instanceId,
        fetch: { maxWaitMs: 500, partitionBytesMax: this.#random.pick([400, 1 << 20]) },
        log: (message) => this.#note(message),
      },
    );
  }

  #disturbance() {
    const failed = new Set<string>();
    const { failing = 0 } = this.settings;
    return ({ topic, partition, offset }: StreamRecord<unknown>): void => {
      const id = `${topic}/${partition}/${offset}`;
      if (failing > 0 && !failed.has(id) && this.#random.chance(failing)) {
        failed.add(id);
        throw new PassingError("the handler failed, and will not the next time");
      }
      this.handled.set(partition, offset);
    };
  }
}
