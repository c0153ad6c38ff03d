// What a directed run stands on: a cluster, its network and its input, as in the general runs, and places for workers.
//
// The general runs leave it to chance what meets what. A directed run is a script that brings one dangerous moment about
// again and again, with chance in the rest. It is judged like any other.
//
//   S1. Nothing happens but while a script waits (`pass`, `until`), and real I/O has come to rest before the next event.

import { topicsOf } from "../../src/kafka/client.ts";
import { BrokerCluster, type TopicConfigs } from "../../src/memory-broker/cluster.ts";
import type { Decision } from "../../src/memory-broker/transaction-coordinator.ts";
import { calm, SimulatedNetwork, type Weather } from "../../src/testing/simulation/network.ts";
import { Oracle, Violation } from "../../src/testing/simulation/oracle.ts";
import { SimulatedProcess } from "../../src/testing/simulation/process.ts";
import { Random } from "../../src/testing/simulation/random.ts";
import type { Scenario } from "../../src/testing/simulation/scenario.ts";
import { Scheduler } from "../../src/testing/simulation/scheduler.ts";
import type { Trace } from "../../src/testing/simulation/trace.ts";
import { Upstream } from "../../src/testing/simulation/upstream.ts";
import { type Tampering, wasReplaced } from "../../src/testing/simulation/worker-process.ts";
import { type Around, SiteWorker, type WorkerSettings } from "./site-worker.ts";

/** What judges a run. */
export interface Judge {
  decided(decision: Decision): void;
  judge(): Promise<void>;
  readonly drained: boolean;
  compareEnd(): void;
  readonly judged: { readonly commits: number; readonly outputs: number };
}

/** What a site is made of. */
export interface SiteOptions {
  /** @param now virtual time, epoch milliseconds */
  readonly scenario: (now: () => number) => Scenario;
  readonly seed: number;
  readonly partitions: number;
  readonly nodes: number;
  readonly tampering?: Tampering | undefined;
  /** Default the judge of the general runs, for whom stream time moves by records alone. */
  readonly judgeOf?: (site: Site) => Judge;
  /** Stands around the handlers of each worker. */
  readonly around?: Around;
  /** Called before every event. */
  readonly looks?: (site: Site) => void;
  /** Whether its workers write files. @default false */
  readonly onDisk?: boolean;
  /** What the changelogs are created with. @default nothing */
  readonly changelogConfigs?: TopicConfigs;
}

/** What a directed run found. */
export interface DirectedReport {
  /** How often each moment was met. */
  readonly met: ReadonlyMap<string, number>;
  readonly commits: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly events: number;
}

const restartMs = 300;
const drainMsMax = 120_000;

/** One site. */
export class Site {
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly cluster: BrokerCluster;
  readonly judge: Judge;
  readonly trace: Trace = [];
  readonly met = new Map<string, number>();
  readonly #network: SimulatedNetwork;
  readonly #upstream: Upstream;
  readonly #tampering: Tampering;
  readonly #around: Around;
  readonly #looks: (site: Site) => void;
  readonly #onDisk: boolean;
  readonly #places = new Map<number, SiteWorker>();
  #started = 0;
  #closing = false;
  #undecided = false;
  #broken: unknown;

  constructor(options: SiteOptions) {
    const { seed, partitions, nodes, tampering = {}, judgeOf, around, looks, onDisk = false } = options;
    this.scenario = options.scenario(() => Math.floor(this.scheduler.now));
    this.random = new Random(seed);
    this.#tampering = tampering;
    this.#around = around ?? ((stage) => stage);
    this.#looks = looks ?? (() => {});
    this.#onDisk = onDisk;
    this.cluster = new BrokerCluster({
      nodes,
      clock: this.scheduler.clock,
      transactionScanMs: 500,
      deliverMarker: (write) => {
        const { random } = this;
        this.scheduler.after(random.chance(0.05) ? random.between(0, 400) : random.between(0, 3), write);
      },
      decided: (decision) => {
        const { transactionalId, producerEpoch, marker, cause } = decision;
        this.note(`${transactionalId} epoch ${producerEpoch}: ${marker} by ${cause}`);
        this.#undecided = true;
        this.judge.decided(decision);
      },
    });
    const { inputs, outputs, changelogs } = topicsOf(this.scenario.stage(() => {}));
    for (const topic of [...inputs, ...outputs]) this.cluster.createTopic(topic, partitions);
    for (const topic of changelogs) this.cluster.createTopic(topic, partitions, options.changelogConfigs);
    this.#network = new SimulatedNetwork(this.cluster, this.scheduler, this.random.fork(), {
      fault: (kind, { api, nodeId }, process) => this.note(`${process.name} ${api} to ${nodeId}: ${kind}`),
      handledLate: () => {},
      sent: ({ api, nodeId }, process) => {
        if (api !== "Fetch" && api !== "Heartbeat") this.note(`${process.name} ${api} to ${nodeId}`);
      },
    });
    const fed = this.scenario.inputs.flatMap(({ name }) => this.cluster.partitionsOf(name));
    this.#upstream = new Upstream(this.scenario, fed, this.scheduler, this.random.fork());
    this.judge = judgeOf?.(this) ?? new Oracle(this.scenario, this.cluster);
  }

  /** Workers that live, paused ones too. */
  get workers(): SiteWorker[] {
    return [...this.#places.values()].filter(({ alive }) => alive);
  }

  /** Starts a worker at a place where none lives. */
  start(place: number, settings: WorkerSettings): SiteWorker {
    const process = new SimulatedProcess(`w${place}.${this.#started++}`, this.scheduler, this.random.fork());
    const worker = new SiteWorker(place, process, this.random.fork(), settings, {
      note: (line) => this.note(line),
      ended: (ended, error) => this.#ended(ended, error),
    });
    this.#places.set(place, worker);
    this.note(`${process.name} starts`);
    worker.start(this.scenario, this.#network.of(process), this.#tampering, this.#around);
    return worker;
  }

  /** kill -9 of a worker. */
  async kill(worker: SiteWorker): Promise<void> {
    const inFlight = this.#network.inFlight(worker.process);
    if (inFlight.includes("EndTxn")) this.meet("killed between sending EndTxn and hearing of it");
    this.note(`${worker.process.name} is killed`);
    await worker.kill();
  }

  /** Writes a batch or a few to the input. */
  write(batches: number): void {
    for (let i = 0; i < batches; i++) this.#upstream.write();
  }

  set weather(weather: Partial<Weather>) {
    this.#network.weather = { ...calm, ...weather };
  }

  stopNode(nodeId: number): void {
    this.note(`node ${nodeId} stops`);
    this.#network.stopNode(nodeId);
  }

  startNode(nodeId: number): void {
    this.note(`node ${nodeId} is up`);
    this.#network.startNode(nodeId);
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  /** Lets time pass until `done`. @returns whether it was done within the limit */
  async until(done: () => boolean, limitMs: number): Promise<boolean> {
    const deadline = this.scheduler.now + limitMs;
    for (;;) {
      const before = this.scheduler.events;
      const isOver = await this.scheduler.run(() => {
        this.#looks(this);
        const waits = this.#onDisk && this.scheduler.events > before;
        return waits || this.#undecided || this.#broken !== undefined || done();
      }, deadline - this.scheduler.now);
      if (this.#onDisk) await filesAtRest();
      if (this.#broken !== undefined) throw this.#broken;
      if (this.#undecided) {
        this.#undecided = false;
        await this.judge.judge();
      } else if (!isOver || done()) return done();
    }
  }

  /** The same, and a broken promise when it does not come. @throws Violation */
  async expect(what: string, done: () => boolean, limitMs: number): Promise<void> {
    if (!(await this.until(done, limitMs)))
      throw new Violation(`Not within ${limitMs} ms, without faults: ${what}.`);
  }

  /** Calm, until the input is drained and everybody has stopped; then the comparison. @throws Violation */
  async end(): Promise<DirectedReport> {
    this.weather = {};
    for (const nodeId of this.cluster.nodeIds) if (!this.cluster.isUp(nodeId)) this.startNode(nodeId);
    for (const worker of this.workers) worker.process.resume();
    await this.expect("the input is drained", () => this.isDrained, drainMsMax);
    this.#closing = true;
    for (const worker of this.workers) worker.stop();
    await this.expect("every worker has stopped", () => this.workers.length === 0, drainMsMax);
    await this.expect("no transaction is open", () => this.judge.drained, drainMsMax);
    this.judge.compareEnd();
    const { events } = this.scheduler;
    return { met: this.met, ...this.judge.judged, inputs: this.#upstream.written, events };
  }

  /** Whether the group stands at the end of the input, and nothing is open. */
  get isDrained(): boolean {
    return !this.#upstream.busy && this.judge.drained;
  }

  /** Lets go of everything, however the run ended. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const worker of this.workers) await worker.kill();
    this.cluster.close();
  }

  meet(moment: string): void {
    this.met.set(moment, (this.met.get(moment) ?? 0) + 1);
  }

  note(line: string): void {
    if (this.trace.length >= 400) this.trace.splice(0, 200);
    this.trace.push({ at: this.scheduler.now, line });
  }

  #ended(worker: SiteWorker, error: unknown): void {
    this.note(`${worker.process.name} ended${error === undefined ? "" : `: ${(error as Error).message}`}`);
    if (error === undefined || this.#closing) return;
    // While it connects, a process that cannot reach a broker ends; whoever started it starts it again.
    if (worker.phase !== "starting" && !wasReplaced(error)) this.#broken ??= error;
    else
      this.scheduler.after(restartMs, () => {
        if (!this.#closing && this.#places.get(worker.place) === worker)
          this.start(worker.place, worker.settings);
      });
  }
}

const fileRequests = new Set(["FSReqPromise", "FSReqCallback", "CloseReq"]);

const filesAreBusy = (): boolean =>
  process.getActiveResourcesInfo().some((resource) => fileRequests.has(resource));

/** No file is being read or written, and nothing that waited for one is about to begin. */
const filesAtRest = async (): Promise<void> => {
  if (!filesAreBusy()) return;
  for (let quiet = 0; quiet < 2; ) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    quiet = filesAreBusy() ? 0 : quiet + 1;
  }
};
