// The workers of a run and who starts them again: one place for each instance id, as a deployment has.

import type { Network } from "../../memory-broker/connections.ts";
import { SimulatedProcess } from "./process.ts";
import type { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Sighted } from "./sightings.ts";
import {
  type Deployment,
  type Tampering,
  timing,
  type WorkerEvents,
  WorkerProcess,
  wasReplaced,
} from "./worker-process.ts";

/** What a fleet runs on. */
export interface FleetSurroundings {
  readonly scenario: Scenario;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly sighted: Sighted;
  readonly tampering: Tampering;
  readonly deployment: Deployment;
  readonly events: Omit<WorkerEvents, "ended">;
  networkOf(process: SimulatedProcess): Network;
  inFlight(process: SimulatedProcess): readonly string[];
  /** Whether the transactional id has a transaction open. */
  isOpen(transactionalId: string): boolean;
  note(line: string): void;
  /** A worker ended with an error that nothing explains. */
  broke(error: unknown): void;
}

/** Longer than the pauses that a session survives. */
const pauseMsMax = 2.5 * timing.sessionTimeoutMs;

/** All workers of a run. */
export class Fleet {
  readonly #around: FleetSurroundings;
  readonly #places: (WorkerProcess | undefined)[];
  /** Paused workers whose place another has taken. */
  readonly #displaced: WorkerProcess[] = [];
  #count = 0;
  /** How long what ended stays away at most: some deployments restart at once. */
  readonly #restartMsMax: number;
  #calm = false;
  #closing = false;

  constructor(places: number, around: FleetSurroundings) {
    this.#around = around;
    this.#restartMsMax = around.random.pick([200, 1_000, 5_000]);
    this.#places = Array.from({ length: places }, () => undefined);
  }

  /** Workers that are neither dead nor displaced. */
  get running(): WorkerProcess[] {
    return this.#places.filter(
      (worker) => worker !== undefined && !worker.ended && worker.process.alive,
    ) as WorkerProcess[];
  }

  start(place: number): void {
    if (this.#closing) return;
    const { random, scheduler } = this.#around;
    if (this.#isTaken(place)) return;
    const process = new SimulatedProcess(`w${place}.${this.#count++}`, scheduler, random.fork());
    const events: WorkerEvents = {
      ...this.#around.events,
      ended: (ended, error) => this.#ended(place, ended, error),
    };
    const { deployment } = this.#around;
    const worker = new WorkerProcess(`w${place}`, process, random.fork(), events, deployment);
    worker.undisturbed = this.#calm;
    this.#places[place] = worker;
    this.#around.note(`${process.name} starts`);
    void worker.run(this.#around.scenario, this.#around.networkOf(process), this.#around.tampering);
  }

  /** Starts one more where a place is free. */
  startAnother(): void {
    const free = [...this.#places.keys()].filter((place) => !this.#isTaken(place));
    if (free.length > 0) this.start(this.#around.random.pick(free));
  }

  /** kill -9, and a new one some time later. */
  kill(worker: WorkerProcess): void {
    this.#around.sighted.fault("worker killed");
    this.#around.note(`${worker.process.name} is killed while ${worker.phase}`);
    this.#seeKilled(worker);
    worker.process.kill();
    this.#startLater(this.#places.indexOf(worker));
  }

  /** SIGSTOP and SIGCONT; perhaps another takes its place meanwhile. */
  pause(worker: WorkerProcess): void {
    const { random, scheduler, sighted } = this.#around;
    sighted.fault("worker paused");
    const pauseMs = random.between(50, pauseMsMax);
    this.#around.note(`${worker.process.name} is paused for ${Math.round(pauseMs)} ms while ${worker.phase}`);
    worker.process.pause();
    const place = this.#places.indexOf(worker);
    if (place >= 0 && random.chance(0.25)) {
      this.#displaced.push(worker);
      this.#places[place] = undefined;
      scheduler.after(random.between(10, pauseMs), () => this.start(place));
    }
    scheduler.after(pauseMs, () => {
      if (pauseMs > timing.sessionTimeoutMs) {
        worker.zombie = true;
        sighted.see("paused for longer than its session");
      }
      this.#resume(worker);
    });
  }

  /** SIGTERM, and a new one some time later. */
  stop(worker: WorkerProcess): void {
    this.#around.sighted.fault("worker stopped");
    this.#around.note(`${worker.process.name} is asked to stop`);
    worker.stop();
  }

  /** Ends all faults: what is paused goes on, what is down starts, handlers work. */
  heal(): void {
    this.#calm = true;
    for (const worker of [...this.running, ...this.#displaced]) {
      worker.undisturbed = true;
      this.#resume(worker);
    }
    this.#places.forEach((_, place) => {
      this.start(place);
    });
  }

  /** Asks every worker to end. */
  stopAll(): void {
    this.#closing = true;
    for (const worker of this.running) worker.stop();
  }

  #isTaken(place: number): boolean {
    const present = this.#places[place];
    return present !== undefined && !present.ended && present.process.alive;
  }

  #resume(worker: WorkerProcess): void {
    if (!worker.process.paused) return;
    this.#around.note(`${worker.process.name} goes on`);
    worker.process.resume();
  }

  #startLater(place: number): void {
    if (place < 0) return;
    this.#around.scheduler.after(this.#around.random.between(1, this.#restartMsMax), () => this.start(place));
  }

  #ended(place: number, worker: WorkerProcess, error: unknown): void {
    const replaced = wasReplaced(error);
    this.#around.note(
      `${worker.process.name} ended${error === undefined ? "" : `: ${(error as Error).message}`}`,
    );
    if (replaced) this.#around.sighted.see("a process replaced under its instance id");
    // While it connects, a process that cannot reach a broker ends; whoever started it starts it again.
    const isFault = error !== undefined && !replaced && worker.phase !== "starting";
    if (isFault) this.#around.broke(error);
    else if (this.#places[place] === worker) this.#startLater(place);
  }

  #seeKilled(worker: WorkerProcess): void {
    const { sighted, scenario } = this.#around;
    const inFlight = this.#around.inFlight(worker.process);
    const id = `${scenario.stage(() => {}).service}-${worker.instanceId}`;
    if (inFlight.includes("EndTxn")) sighted.see("killed between sending EndTxn and hearing of it");
    else if (this.#around.isOpen(id)) sighted.see("killed while its transaction was open");
    if (worker.phase === "restoring") sighted.see("killed while restoring");
    if (worker.phase === "joining") sighted.see("killed while joining the group");
    if (worker.holding !== undefined) sighted.see("killed while handling a record");
  }
}
