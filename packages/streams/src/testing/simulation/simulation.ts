// One run: a storm of faults over a cluster, its input and its workers; then calm, until everything is drained; then
// the comparison. A run is a function of its seed.

import { topicsOf } from "../../kafka/client.ts";
import { BrokerCluster, Partition } from "../../memory-broker/cluster.ts";
import type { Decision } from "../../memory-broker/transaction-coordinator.ts";
import { Fleet } from "./fleet.ts";
import { calm, SimulatedNetwork, type Weather } from "./network.ts";
import { Oracle, Violation } from "./oracle.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { Sighted, sightingOfRefusal } from "./sightings.ts";
import { formatTrace, type Trace } from "./trace.ts";
import { Upstream } from "./upstream.ts";
import { type Tampering, type WorkerProcess, wasFenced } from "./worker-process.ts";

/** What a run found. */
export interface RunReport {
  readonly seed: number;
  readonly sighted: Sighted;
  readonly events: number;
  /** Committed transactions that were judged, and the outputs in them. */
  readonly commits: number;
  readonly outputs: number;
  readonly inputs: number;
  /** Virtual time, milliseconds. */
  readonly tookMs: number;
}

/** A run that broke a promise, with what happened last. */
export class SimulationError extends Error {
  override readonly name = "SimulationError";
  readonly seed: number;

  constructor(scenario: string, seed: number, trace: Trace, cause: unknown) {
    const { message } = cause as Error;
    super(
      `Seed ${seed} of ${scenario}: ${message}\n\nWhat happened last:\n${formatTrace(trace)}\n\nAgain: RIFFLE_SIM_SEED=${seed} pnpm run test:sim`,
      { cause },
    );
    this.seed = seed;
  }
}

/** What makes runs differ besides their seed. */
export interface RunOptions {
  readonly tampering?: Tampering;
  /** The cluster's transaction protocol; default by seed: one run in five has version 1. */
  readonly transactionVersion?: 1 | 2;
  /**
   * Whether requests may be there twice with version 1 too. TCP does not do that, and version 1 does not bear it: its
   * EndTxn, come again, ends the next transaction (KAFKA-17754).
   * @default false
   */
  readonly twiceInVersionOne?: boolean;
}

/** A producer of one task: see PerTaskSenders. */
const isTaskId = /-task-\d+$/;
const drainMsMax = 120_000;
/** One run in so many keeps standbys, and one in so many has a producer for each task. */
const standbyEvery = 4;
const perTaskEvery = 5;
const apis = [
  "Produce",
  "TxnOffsetCommit",
  "EndTxn",
  "InitProducerId",
  "Fetch",
  "OffsetFetch",
  "JoinGroup",
  "SyncGroup",
  "Heartbeat",
];

/** Runs a scenario. @throws SimulationError */
export const simulate = async (
  scenario: Scenario,
  seed: number,
  options: RunOptions = {},
): Promise<RunReport> => {
  const run = new Run(scenario, seed, options);
  try {
    return await run.run();
  } catch (error) {
    throw new SimulationError(scenario.name, seed, run.trace, error);
  } finally {
    run.close();
  }
};

class Run {
  readonly trace: Trace = [];
  readonly #seed: number;
  readonly #scheduler = new Scheduler();
  readonly #random: Random;
  readonly #sighted = new Sighted();
  readonly #cluster: BrokerCluster;
  readonly #network: SimulatedNetwork;
  readonly #upstream: Upstream;
  readonly #oracle: Oracle;
  readonly #fleet: Fleet;
  readonly #version: 1 | 2;
  readonly #twice: boolean;
  #storming = true;
  #broken: unknown;
  #undecided = false;

  constructor(scenario: Scenario, seed: number, options: RunOptions) {
    const { tampering = {}, transactionVersion, twiceInVersionOne = false } = options;
    this.#seed = seed;
    this.#random = new Random(seed);
    const random = this.#random;
    const versionBySeed = random.chance(0.2) ? 1 : 2;
    this.#version = transactionVersion ?? versionBySeed;
    this.#twice = this.#version === 2 || twiceInVersionOne;
    this.#cluster = this.#newCluster();
    const { inputs, outputs, changelogs } = topicsOf(scenario.stage(() => {}));
    const partitions = random.int(1, 3);
    for (const topic of [...inputs, ...outputs, ...changelogs]) this.#cluster.createTopic(topic, partitions);
    this.#network = new SimulatedNetwork(this.#cluster, this.#scheduler, random.fork(), {
      fault: (kind, { api, nodeId }, process) => {
        this.#sighted.fault(kind);
        if (kind === "answerLost" && api === "EndTxn") this.#sighted.see("the answer to a commit lost");
        this.#note(`${process.name} ${api} to ${nodeId}: ${kind}`);
      },
      handledLate: ({ api, nodeId }, process) => {
        if (api === "EndTxn" || api === "Produce" || api === "TxnOffsetCommit")
          this.#sighted.see(`${api} handled after its sender had given up`);
        this.#note(`${process.name} ${api} reaches ${nodeId} late`);
      },
      sent: ({ api, nodeId }, process) => {
        if (api !== "Fetch" && api !== "Heartbeat") this.#note(`${process.name} ${api} to ${nodeId}`);
      },
    });
    const fed = scenario.inputs.flatMap(({ name }) => this.#cluster.partitionsOf(name));
    this.#upstream = new Upstream(scenario, fed, this.#scheduler, random.fork());
    this.#oracle = new Oracle(scenario, this.#cluster);
    this.#fleet = this.#newFleet(scenario, tampering);
  }

  async run(): Promise<RunReport> {
    const startedAt = this.#scheduler.now;
    const stormMs = this.#random.between(2_000, 10_000);
    this.#fleet.start(0);
    this.#eventually(10, 300, () => this.#upstream.write());
    this.#eventually(20, this.#random.pick([500, 1_500]), () => this.#strike());
    this.#eventually(200, 2_000, () => this.#changeWeather());
    await this.#until(() => false, stormMs);
    this.#heal();
    const drained = await this.#until(() => !this.#upstream.busy && this.#oracle.drained, drainMsMax);
    if (!drained) throw new Violation(`After ${drainMsMax} ms without faults the input is not drained.`);
    this.#fleet.stopAll();
    const ended = await this.#until(() => this.#fleet.running.length === 0, drainMsMax);
    if (!ended) throw new Violation("A worker that was asked to stop has not ended.");
    // What a worker had open when it ended is aborted when its time is over.
    const closed = await this.#until(() => this.#oracle.drained, drainMsMax);
    if (!closed) throw new Violation("A transaction is open for ever.");
    this.#oracle.compareEnd();
    return {
      seed: this.#seed,
      sighted: this.#sighted,
      events: this.#scheduler.events,
      ...this.#oracle.judged,
      inputs: this.#upstream.written,
      tookMs: this.#scheduler.now - startedAt,
    };
  }

  close(): void {
    this.#cluster.close();
  }

  #newCluster(): BrokerCluster {
    const random = this.#random.fork();
    const scheduler = this.#scheduler;
    return new BrokerCluster({
      nodes: random.int(1, 3),
      transactionVersion: this.#version,
      transactionScanMs: random.pick([500, 500, 10_000]),
      loadMs: random.pick([0, 100, 1_000]),
      clock: scheduler.clock,
      deliverMarker: (write) => {
        scheduler.after(random.chance(0.05) ? random.between(0, 400) : random.between(0, 3), write);
      },
      decided: (decision) => this.#decided(decision),
      noted: (api, what) => {
        const sighting = sightingOfRefusal(api, what);
        if (sighting !== undefined) this.#sighted.see(sighting);
        this.#note(`${api} is answered with ${what}`);
      },
    });
  }

  #newFleet(scenario: Scenario, tampering: Tampering): Fleet {
    return new Fleet(this.#random.pick([1, 2, 2, 3, 3]), {
      scenario,
      tampering,
      // Not drawn: a run without them is what it was before there were any.
      deployment: {
        standbyReplicas: this.#seed % standbyEvery === 0 ? 1 : 0,
        producers: this.#seed % perTaskEvery === 0 ? "per-task" : "per-process",
      },
      scheduler: this.#scheduler,
      random: this.#random.fork(),
      sighted: this.#sighted,
      networkOf: (process) => this.#network.of(process),
      inFlight: (process) => this.#network.inFlight(process),
      isOpen: (id) => this.#cluster.transactions.unfinished.includes(id),
      note: (line) => this.#note(line),
      broke: (error) => {
        this.#broken ??= error;
      },
      events: {
        failed: (worker, error, action) => this.#failed(worker, error, action),
        log: (worker, message) => this.#logged(worker, message),
        tookOver: () => this.#sighted.see("a standby taken over"),
        rejoined: (_, keptState) =>
          this.#sighted.see(
            keptState ? "state kept over a rebalance" : "state dropped after a generation was missed",
          ),
      },
    });
  }

  /** Lets time pass until `done`, judging what was decided as it goes. */
  async #until(done: () => boolean, limitMs: number): Promise<boolean> {
    const deadline = this.#scheduler.now + limitMs;
    for (;;) {
      const stopped = await this.#scheduler.run(
        () => this.#undecided || this.#broken !== undefined || done(),
        deadline - this.#scheduler.now,
      );
      if (this.#broken !== undefined) throw this.#broken;
      if (this.#undecided) {
        this.#undecided = false;
        await this.#oracle.judge();
      } else return stopped;
    }
  }

  /** Something that happens again and again while the storm lasts. */
  #eventually(fromMs: number, toMs: number, happen: () => void): void {
    this.#scheduler.after(this.#random.between(fromMs, toMs), () => {
      if (!this.#storming) return;
      happen();
      this.#eventually(fromMs, toMs, happen);
    });
  }

  #strike(): void {
    const random = this.#random;
    const running = this.#fleet.running.filter(({ process }) => !process.paused);
    const choice = random.next();
    if (choice < 0.25) this.#fleet.startAnother();
    else if (choice < 0.4) this.#stopNode(random.pick(this.#cluster.nodeIds));
    else if (running.length === 0) return;
    else if (choice < 0.7) this.#fleet.kill(random.pick(running));
    else if (choice < 0.9) this.#fleet.pause(random.pick(running));
    else this.#fleet.stop(random.pick(running));
  }

  #stopNode(nodeId: number): void {
    if (!this.#cluster.isUp(nodeId)) return;
    this.#sighted.fault("node stopped");
    this.#note(`node ${nodeId} stops`);
    this.#network.stopNode(nodeId);
    this.#scheduler.after(this.#random.between(50, 3_000), () => this.#startNode(nodeId));
  }

  #startNode(nodeId: number): void {
    this.#note(`node ${nodeId} is up`);
    this.#network.startNode(nodeId);
  }

  #changeWeather(): void {
    const random = this.#random;
    const probability = (): number => (random.chance(0.5) ? 0 : random.pick([0.002, 0.02, 0.08]));
    const weather: Weather = {
      requestLost: probability(),
      answerLost: probability(),
      requestLate: probability(),
      answerLate: probability(),
      requestTwice: this.#twice ? probability() : 0,
      target: random.pick(apis),
      targetFactor: random.pick([1, 4, 10]),
    };
    this.#network.weather = random.chance(0.3) ? calm : weather;
  }

  #heal(): void {
    this.#note("the storm is over");
    this.#storming = false;
    this.#network.weather = calm;
    for (const nodeId of this.#cluster.nodeIds) this.#startNode(nodeId);
    this.#fleet.heal();
  }

  #decided(decision: Decision): void {
    const { transactionalId, producerEpoch, marker, cause, participants } = decision;
    this.#note(`${transactionalId} epoch ${producerEpoch}: ${marker} by ${cause}`);
    this.#undecided = true;
    this.#oracle.decided(decision);
    if (marker === "commit" && isTaskId.test(transactionalId))
      this.#sighted.see("a task committed by itself");
    if (cause === "timed-out") this.#sighted.see("a transaction timed out");
    if (cause === "initialised") this.#sighted.see("a transaction ended by another initialisation of its id");
    const buried = participants.some((each) => each instanceof Partition && each.topic.endsWith("dlq"));
    if (buried)
      this.#sighted.see(marker === "commit" ? "a dead letter committed" : "a dead letter rolled back");
    const held = participants.some(
      (each) => each instanceof Partition && each.log.lastStableOffset < each.log.highWatermark,
    );
    if (held && cause !== "owner") this.#sighted.see("the last stable offset held back while records waited");
  }

  #failed(worker: WorkerProcess, error: unknown, action: string): void {
    this.#note(`${worker.process.name} failed (${action}): ${(error as Error).message}`);
    if (worker.zombie && wasFenced(error)) {
      worker.zombie = false;
      this.#sighted.see("a zombie's commit refused");
    }
  }

  #logged(worker: WorkerProcess, message: string): void {
    this.#note(`${worker.process.name}: ${message}`);
    if (message.startsWith("taking over")) this.#sighted.see("a dead writer's transaction taken over");
  }

  #note(line: string): void {
    if (this.trace.length >= 400) this.trace.splice(0, 200);
    this.trace.push({ at: this.#scheduler.now, line });
  }
}
