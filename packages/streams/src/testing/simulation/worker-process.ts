// A worker in a process of a run: the real worker on the real client, whose wires end in the simulated network.

import { FencedError, StreamsError } from "../../errors.ts";
import { type StreamsClient, streamsOver, topicsOf } from "../../kafka/client.ts";
import { Wire } from "../../kafka/wire.ts";
import { type Exchange, MemoryConnections, type Network } from "../../memory-broker/connections.ts";
import type { WorkerPhase } from "../../worker/observer.ts";
import type { Stage } from "../../worker/stage.ts";
import { StreamWorker } from "../../worker/worker.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Random } from "./random.ts";
import type { Disturbance, Scenario } from "./scenario.ts";

/** Times that all workers of a run share, milliseconds; shorter than in production and in the same order. */
export const timing = {
  requestTimeoutMs: 1_000,
  transactionTimeoutMs: 2_000,
  sessionTimeoutMs: 3_000,
  heartbeatIntervalMs: 600,
  rebalanceTimeoutMs: 3_000,
} as const;

/** What is the same for all workers of a run. */
export interface Deployment {
  readonly standbyReplicas: number;
  readonly producers: "per-process" | "per-task";
}

/** Hands on the client, for tests that plant a bug in it. */
export interface Tampering {
  /** Stands between the worker and its ports. */
  client?(client: StreamsClient): StreamsClient;
  /** Stands between the client and the network. */
  exchange?(exchange: Exchange): Exchange;
}

/** What a run is told of a worker. */
export interface WorkerEvents {
  failed(worker: WorkerProcess, error: unknown, action: string): void;
  log(worker: WorkerProcess, message: string): void;
  /** It has joined again with partitions that it had. */
  rejoined(worker: WorkerProcess, keptState: boolean): void;
  /** The state of a partition was handed over by a standby. */
  tookOver(worker: WorkerProcess): void;
  /** It ended by itself. */
  ended(worker: WorkerProcess, error: unknown): void;
}

/** An error of which nothing is left at the next attempt. */
export class PassingError extends Error {
  override readonly name = "PassingError";
}

/** Stream time does not follow the wall clock in a run: what it did would depend on the run's timing. */
const never = Number.MAX_SAFE_INTEGER;

/** One worker. */
export class WorkerProcess {
  readonly instanceId: string;
  readonly process: SimulatedProcess;
  phase: WorkerPhase = "starting";
  /** The offset of the record in the handler's hands; undefined when it holds none. */
  holding: number | undefined;
  /** It was paused for so long that the group has given it up. */
  zombie = false;
  /** Its owner has asked it to end. */
  stopping = false;
  /** Its handler is never slow and never fails for once. */
  undisturbed = false;
  ended = false;
  readonly #events: WorkerEvents;
  readonly #random: Random;
  readonly #deployment: Deployment;
  #worker: StreamWorker | undefined;
  #held: readonly number[] = [];
  /** Of those, what the last join gave back. */
  #shared: readonly number[] = [];

  constructor(
    instanceId: string,
    process: SimulatedProcess,
    random: Random,
    events: WorkerEvents,
    deployment: Deployment,
  ) {
    this.instanceId = instanceId;
    this.process = process;
    this.#random = random;
    this.#events = events;
    this.#deployment = deployment;
  }

  /** Connects and runs until it is stopped, killed or cannot go on. Never rejects. */
  async run(scenario: Scenario, network: Network, tampering: Tampering): Promise<void> {
    try {
      const stage = scenario.stage(this.#disturbance());
      const client = await this.#connect(stage, network, tampering);
      const settings = {
        clock: this.process,
        idleAfterMs: never,
        commitRecordsMax: this.#random.pick([5, 20_000]),
        commitIntervalMsMax: this.#random.pick([1, 100]),
      };
      this.#worker = new StreamWorker(stage, tampering.client?.(client) ?? client, settings, {
        phase: (phase, details) => this.#enter(phase, details),
        failed: (error, action) => this.#events.failed(this, error, action),
        restored: ({ from }) => {
          if (from === "standby") this.#events.tookOver(this);
        },
        log: (message, details) => {
          const given = numbersOf(details?.["partitions"]);
          if (given.length > 0) this.#shared = this.#held.filter((held) => given.includes(held));
          this.#events.log(this, message);
        },
      });
      const running = this.#worker.run();
      if (this.stopping) void this.#worker.stop().catch(() => {});
      await running;
      await client.close();
      this.#end(undefined);
    } catch (error) {
      this.#end(error);
    }
  }

  stop(): void {
    this.stopping = true;
    // What it fails with is told by `run`.
    void this.#worker?.stop().catch(() => {});
  }

  /** Partitions that it had and still has after a join are restored again, or their state was kept. */
  #enter(phase: WorkerPhase, details: Readonly<Record<string, unknown>>): void {
    this.phase = phase;
    if (phase === "joining") this.#held = numbersOf(details["held"]);
    if (phase !== "restoring" && phase !== "running") return;
    const restored = phase === "restoring" ? numbersOf(details["partitions"]) : [];
    if (this.#shared.length > 0)
      this.#events.rejoined(this, !this.#shared.some((each) => restored.includes(each)));
    this.#shared = [];
  }

  #end(error: unknown): void {
    this.ended = true;
    this.process.kill();
    this.#events.ended(this, error);
  }

  async #connect(stage: Stage, network: Network, tampering: Tampering): Promise<StreamsClient> {
    const { inputs, outputs, changelogs } = topicsOf(stage);
    const tampered: Network = {
      anyNode: () => network.anyNode(),
      exchange: (exchange) => network.exchange(tampering.exchange?.(exchange) ?? exchange),
    };
    const wire = async (): Promise<Wire> => {
      const connections = new MemoryConnections(tampered, timing.requestTimeoutMs);
      await connections.addMultipleTargetTopics([...inputs, ...outputs, ...changelogs]);
      return Wire.over(connections, this.process);
    };
    const [group, fetch, commit] = [await wire(), await wire(), await wire()];
    const { standbyReplicas, producers } = this.#deployment;
    const standby = standbyReplicas > 0 ? { standby: await wire() } : {};
    const partitionBytesMax = this.#random.pick([1, 400, 1 << 20]);
    return streamsOver(
      stage,
      { group, fetch, commit, ...standby },
      {
        ...timing,
        standbyReplicas,
        producers,
        instanceId: this.instanceId,
        fetch: { maxWaitMs: 500, partitionBytesMax, prefetchBytesMax: this.#random.pick([1, 1 << 20]) },
        log: (message) => this.#events.log(this, message),
      },
    );
  }

  /** Now and then a handler is slow, and now and then it fails once at a record. */
  #disturbance(): Disturbance {
    const failed = new Set<string>();
    const random = this.#random;
    return async ({ topic, partition, offset }) => {
      if (this.undisturbed) return;
      this.holding = offset;
      if (random.chance(0.02)) await this.process.delay(random.between(1, 4_000));
      const id = `${topic}/${partition}/${offset}`;
      if (random.chance(0.01) && !failed.has(id)) {
        failed.add(id);
        this.holding = undefined;
        throw new PassingError("the handler failed, and will not the next time");
      }
      this.holding = undefined;
    };
  }
}

const numbersOf = (value: unknown): readonly number[] => (Array.isArray(value) ? value : []);

/** Whether a process that ended with this error is one that another took the place of. */
export const wasReplaced = (error: unknown): boolean =>
  error instanceof StreamsError && error.code === "STREAMS_INSTANCE_REPLACED";

/** Whether the brokers refused the worker as somebody whose time is over. */
export const wasFenced = (error: unknown): boolean => error instanceof FencedError;
