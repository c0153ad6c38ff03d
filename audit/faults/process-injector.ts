// Faults of processes: kills at random and at named places, zombies, replicas that come and go.
//
//   PI1. A fault counts as injected only when it was seen to happen: a process that died, a fail-point that was
//        reached. The others are counted as missed.
//   PI2. Kills go on beside the other faults, and never hit the service that one of these has in hand: what it waits for
//        would seem to have happened.

import { setTimeout as delay } from "node:timers/promises";
import { isStopped } from "../pipeline/process-state.ts";
import type { RunningPipeline } from "../pipeline/running-pipeline.ts";
import { waitFor } from "../pipeline/wait-for.ts";
import { seededRandom } from "../workload/random.ts";
import { type KilledService, type ProcessFault, type StreamService, streamServices } from "./plan.ts";
import type { Tally } from "./tally.ts";
import { type Damage, damageOne } from "./torn-files.ts";

/** What the injector needs to know of the pipeline. */
export interface ProcessInjectorOptions {
  readonly pipeline: Pick<
    RunningPipeline,
    | "addReplica"
    | "kill"
    | "lastEndOf"
    | "pidOf"
    | "removeReplica"
    | "resume"
    | "terminate"
    | "untilServiceReady"
  >;
  readonly tally: Tally;
  /** The services' session time-out: a pause beyond it makes a zombie. */
  readonly sessionTimeoutMs: number;
  /** Makes the next commit of the service fail with an unknown outcome, for places that only an error leads to. */
  readonly failNextCommit: (service: KilledService) => void;
  readonly say: (line: string) => void;
}

/**
 * How long a fail-point may take to be reached: a start, a join, a restore and the work that leads there. On a machine with
 * nothing to spare that is most of a minute; whoever is killed before it was only late.
 */
const reachWithinMs = 60_000;

const happens = (what: string, holds: () => boolean): Promise<boolean> =>
  waitFor(what, holds, reachWithinMs).then(
    () => true,
    () => false,
  );

/** What missed is tried again where a service comes by first, not for the n-th time. */
export const nearerAtHand = (fault: ProcessFault, attempt: number): ProcessFault =>
  attempt > 0 && (fault.kind === "fail-point" || fault.kind === "zombie") ? { ...fault, hit: 1 } : fault;

/** Another service than this one. */
const nextTo = (service: KilledService): KilledService => {
  const all: readonly KilledService[] = [...streamServices, "ingest"];
  return all[(all.indexOf(service) + 1) % all.length] ?? service;
};

/** Carries out faults of processes: kills one at a time, and the others one at a time. */
export class ProcessInjector {
  readonly #options: ProcessInjectorOptions;
  /** What a fault other than a kill has in hand (PI2). */
  #inHand: KilledService | undefined;

  constructor(options: ProcessInjectorOptions) {
    this.#options = options;
  }

  /** @returns whether it was injected (PI1) */
  async inject(fault: ProcessFault): Promise<boolean> {
    if (fault.kind === "kill") return await this.#kill(fault.service, fault.afterMs);
    this.#inHand = fault.service;
    try {
      return await this.#carryOut(fault);
    } finally {
      this.#inHand = undefined;
    }
  }

  /** Has a service start again, for what only a start brings about; not one that another fault has in hand (PI2). */
  restart(service: KilledService): void {
    if (this.#inHand !== service) this.#options.pipeline.kill(service);
  }

  #carryOut(fault: Exclude<ProcessFault, { kind: "kill" }>): Promise<boolean> {
    switch (fault.kind) {
      case "fail-point":
        return this.#failPoint(fault);
      case "zombie":
        return this.#zombie(fault);
      case "scale":
        return this.#scale(fault.service);
      case "torn-state":
        return this.#tearState(fault.service, fault.seed);
    }
  }

  async #kill(service: KilledService, afterMs: number): Promise<boolean> {
    const { pipeline, tally } = this.#options;
    await delay(afterMs);
    // Not until it is ready: half of the kills shall hit a start, a join or a restore.
    const victim = (): KilledService => (this.#inHand === service ? nextTo(service) : service);
    await waitFor(`${service} runs`, () => pipeline.pidOf(victim()) !== undefined);
    const killed = victim();
    const life = pipeline.pidOf(killed);
    // Seen to die: two kills of one life are one.
    const isKilled =
      pipeline.kill(killed) &&
      (await happens(`${killed} dies`, () => pipeline.pidOf(killed) !== life)) &&
      pipeline.lastEndOf(killed) === "SIGKILL";
    tally.add(isKilled ? `kill ${killed}` : "missed kill");
    return isKilled;
  }

  async #failPoint({ service, point, hit }: Extract<ProcessFault, { kind: "fail-point" }>): Promise<boolean> {
    const { pipeline, tally, say } = this.#options;
    const armed = await this.#arm(service, `${point}:kill:${hit}`);
    const undo = await this.#lead(service, point);
    const isOver = await happens(`${service} reaches ${point}`, () => pipeline.pidOf(service) !== armed);
    await undo();
    // It may also have ended for want of a broker while it started.
    const isReached = isOver && pipeline.lastEndOf(service) === "SIGKILL";
    tally.add(`${isReached ? "" : "missed "}fail-point ${point}`);
    if (!isReached)
      say(`${service} did not reach ${point}: ${isOver ? pipeline.lastEndOf(service) : "not in time"}`);
    // Its next life must not be armed.
    if (!isOver) pipeline.kill(service);
    return isReached;
  }

  /** Kills the service and starts it with a fail-point. @returns the process id of that life */
  async #arm(service: KilledService, failPoint: string): Promise<number | undefined> {
    const { pipeline } = this.#options;
    await waitFor(`${service} runs`, () => pipeline.pidOf(service) !== undefined);
    const before = pipeline.pidOf(service);
    pipeline.kill(service, { env: { RIFFLE_FAILPOINT: failPoint } });
    const next = () => pipeline.pidOf(service);
    await waitFor(`${service} starts again`, () => next() !== undefined && next() !== before);
    return next();
  }

  /** Some places are not on the daily way: this leads a service there. @returns what undoes it */
  async #lead(service: KilledService, point: string): Promise<() => Promise<void>> {
    const { pipeline, failNextCommit } = this.#options;
    if (point === "before-rebuild") failNextCommit(service);
    if (point === "before-leave") {
      await this.#untilReady(service);
      pipeline.terminate(service);
    }
    if (point === "before-rejoin" && service !== "ingest") {
      await this.#untilReady(service);
      const replica = await this.#addReplica(service);
      return async () => {
        if (replica !== undefined) await pipeline.removeReplica(service, replica);
      };
    }
    return async () => undefined;
  }

  /** Stops in the middle of its work for longer than its session, while another instance takes over; then wakes up. */
  async #zombie({ service, point, hit }: Extract<ProcessFault, { kind: "zombie" }>): Promise<boolean> {
    const { pipeline, tally, sessionTimeoutMs } = this.#options;
    const replica = await this.#addReplica(service);
    if (replica === undefined) return false;
    const armed = await this.#arm(service, `${point}:pause:${hit}`);
    const isPaused = await happens(`${service} stops at ${point}`, () => isStopped(armed));
    if (isPaused) await delay(sessionTimeoutMs + 2_000);
    // One that comes by later would stop for good.
    if (!isPaused) pipeline.kill(service);
    pipeline.resume(service);
    const isAwake = isPaused && pipeline.pidOf(service) === armed;
    tally.add(isAwake ? `zombie ${service} ${point}` : "missed zombie");
    await this.#untilReady(service);
    await pipeline.removeReplica(service, replica);
    return isAwake;
  }

  /** Killed, and one file of its state on disk is not what it was when it comes back. */
  async #tearState(service: StreamService, seed: number): Promise<boolean> {
    const { pipeline, tally } = this.#options;
    await this.#untilReady(service);
    const damaged = Promise.withResolvers<Damage | undefined>();
    const before = (folder: string | undefined): void =>
      damaged.resolve(folder === undefined ? undefined : damageOne(folder, seededRandom(seed)));
    pipeline.kill(service, { before });
    const damage = await damaged.promise;
    tally.add(damage === undefined ? "missed torn state" : `torn state ${damage}`);
    return damage !== undefined;
  }

  async #scale(service: StreamService): Promise<boolean> {
    const { pipeline, tally } = this.#options;
    const replica = await this.#addReplica(service);
    if (replica === undefined) return false;
    tally.add(`scale-out ${service}`);
    await delay(1_000);
    await pipeline.removeReplica(service, replica);
    tally.add(`scale-in ${service}`);
    return true;
  }

  /** @returns its number; undefined when faults of the network kept it from getting ready, and it was stopped again */
  async #addReplica(service: StreamService): Promise<number | undefined> {
    const { pipeline, say, tally } = this.#options;
    return await pipeline.addReplica(service).catch((error: unknown) => {
      tally.add(`missed replica of ${service}`);
      say(String(error).split("\n").slice(0, 2).join(" "));
      return undefined;
    });
  }

  /** Faults of the network may keep it from getting ready for long; at the end of the campaign it must be. */
  async #untilReady(service: KilledService): Promise<void> {
    const { pipeline, say, tally } = this.#options;
    await pipeline.untilServiceReady(service).catch((error: unknown) => {
      tally.add(`missed readiness of ${service}`);
      say(String(error).split("\n").slice(0, 2).join(" "));
    });
  }
}
