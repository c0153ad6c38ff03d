// The network of a run: what becomes of each request and each answer.
//
//   N1. A request may be lost, late (later than its sender waits), or there twice; an answer may be lost or late.
//   N2. A sender that hears nothing learns so by its time-out, or at once where the connection breaks.
//   N3. When a node stops, what it has not answered is never answered.
//
// Requests of one connection may overtake each other, which TCP does not do: it is as if each had a connection of its
// own. The client is asked to bear it.

import type { BrokerCluster } from "../../memory-broker/cluster.ts";
import type { Exchange, Network } from "../../memory-broker/connections.ts";
import { serve } from "../../memory-broker/requests/index.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** How bad a network is; probabilities for each request. */
export interface Weather {
  readonly requestLost: number;
  readonly answerLost: number;
  readonly requestLate: number;
  readonly answerLate: number;
  readonly requestTwice: number;
  /** An API that all of it happens to more often, by this factor. */
  readonly target: string;
  readonly targetFactor: number;
}

/** Nothing is lost, and everything arrives within two milliseconds. */
export const calm: Weather = {
  requestLost: 0,
  answerLost: 0,
  requestLate: 0,
  answerLate: 0,
  requestTwice: 0,
  target: "",
  targetFactor: 1,
};

/** What a run is told of its network. */
export interface NetworkEvents {
  /** A fault was injected. */
  fault(kind: string, exchange: Exchange, process: SimulatedProcess): void;
  /** A node has handled a request that its sender has given up, or whose sender is dead. */
  handledLate(exchange: Exchange, process: SimulatedProcess): void;
  /** A request left its process. */
  sent(exchange: Exchange, process: SimulatedProcess): void;
}

/** The network between the processes and the cluster. */
export class SimulatedNetwork {
  weather: Weather = calm;
  readonly #cluster: BrokerCluster;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #events: NetworkEvents;
  /** How often each node has stopped: an answer of an earlier life is never sent. */
  readonly #lives = new Map<number, number>();
  readonly #inFlight = new Map<SimulatedProcess, Set<Exchange>>();

  constructor(cluster: BrokerCluster, scheduler: Scheduler, random: Random, events: NetworkEvents) {
    this.#cluster = cluster;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#events = events;
  }

  /** Names of the APIs the process waits for an answer of. */
  inFlight(process: SimulatedProcess): string[] {
    return [...(this.#inFlight.get(process) ?? [])].map(({ api }) => api);
  }

  stopNode(nodeId: number): void {
    this.#lives.set(nodeId, this.#life(nodeId) + 1);
    this.#cluster.stopNode(nodeId);
  }

  startNode(nodeId: number): void {
    this.#cluster.startNode(nodeId);
  }

  /** The network as one process has it. */
  of(process: SimulatedProcess): Network {
    return {
      anyNode: () => {
        const up = this.#cluster.nodeIds.filter((nodeId) => this.#cluster.isUp(nodeId));
        if (up.length === 0) throw new Error("no node can be reached");
        return this.#random.pick(up);
      },
      exchange: (exchange) => this.#exchange(exchange, process),
    };
  }

  #exchange(exchange: Exchange, process: SimulatedProcess): Promise<Buffer> {
    if (!process.alive) return new Promise(() => {});
    this.#events.sent(exchange, process);
    const waiting = this.#inFlight.get(process) ?? new Set();
    this.#inFlight.set(process, waiting.add(exchange));
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (how: () => void): void =>
        process.happens(() => {
          if (over) return;
          over = true;
          waiting.delete(exchange);
          cancel();
          how();
        });
      const fail = (why: string): void => end(() => reject(new Error(why)));
      const cancel = process.after(exchange.timeoutMs, () => fail("no answer in time"));
      this.#send(exchange, process, {
        isOver: () => over || !process.alive,
        answer: (bytes) => end(() => resolve(bytes)),
        fail,
      });
    });
  }

  #send(
    exchange: Exchange,
    process: SimulatedProcess,
    sender: { isOver(): boolean; answer(bytes: Buffer): void; fail(why: string): void },
  ): void {
    const happens = (kind: keyof Weather): boolean => this.#happens(kind, exchange, process);
    if (!this.#cluster.isUp(exchange.nodeId)) {
      this.#scheduler.after(1, () => sender.fail("connection refused"));
      return;
    }
    if (happens("requestLost")) {
      if (this.#random.chance(0.5)) this.#scheduler.after(1, () => sender.fail("connection reset"));
      return;
    }
    const answer = (bytes: Buffer): void => {
      if (happens("answerLost")) {
        if (this.#random.chance(0.5)) this.#scheduler.after(1, () => sender.fail("connection closed"));
        return;
      }
      const late = happens("answerLate") ? this.#random.between(0, 2 * exchange.timeoutMs) : 0;
      this.#scheduler.after(this.#usual() + late, () => sender.answer(bytes));
    };
    const late = happens("requestLate")
      ? this.#random.between(0, 2 * Math.min(exchange.timeoutMs, 5_000))
      : 0;
    this.#deliver(exchange, process, this.#usual() + late, sender, answer);
    if (happens("requestTwice")) {
      const again = this.#usual() + this.#random.between(0, 3_000);
      this.#deliver(exchange, process, again, sender, () => {});
    }
  }

  #deliver(
    exchange: Exchange,
    process: SimulatedProcess,
    afterMs: number,
    sender: { isOver(): boolean; fail(why: string): void },
    answer: (bytes: Buffer) => void,
  ): void {
    const { nodeId } = exchange;
    const life = this.#life(nodeId);
    this.#scheduler.after(afterMs, () => {
      if (this.#life(nodeId) !== life || !this.#cluster.isUp(nodeId)) {
        sender.fail("connection reset");
        return;
      }
      if (sender.isOver()) this.#events.handledLate(exchange, process);
      serve(this.#cluster, nodeId, exchange, (bytes) => {
        if (this.#life(nodeId) === life) answer(bytes);
        else sender.fail("connection reset");
      });
    });
  }

  #life(nodeId: number): number {
    return this.#lives.get(nodeId) ?? 0;
  }

  #usual(): number {
    return this.#random.between(0.05, 2);
  }

  #happens(kind: keyof Weather, exchange: Exchange, process: SimulatedProcess): boolean {
    const probability = this.weather[kind];
    if (typeof probability !== "number" || probability === 0) return false;
    const factor = exchange.api === this.weather.target ? this.weather.targetFactor : 1;
    if (!this.#random.chance(probability * factor)) return false;
    this.#events.fault(kind, exchange, process);
    return true;
  }
}
