// Faults between processes and brokers, and of brokers: lost, late and doubled frames, cuts, brokers that die or stop.
//
//   NI1. A frame fault waits until a frame has met it, and counts only then.
//   NI2. It is over before the next one begins, and not before its time: what was held or delayed is released then, a broker
//        that was killed serves again.

import { setTimeout as delay } from "node:timers/promises";
import type { FrameFault } from "@riffle/infra/faults/frame-faults";
import type { KafkaProxy } from "@riffle/infra/faults/kafka-proxy";
import type { KafkaNode } from "@riffle/infra/kafka";
import type { NetworkFault, StreamService } from "./plan.ts";
import type { Tally } from "./tally.ts";

/** What the injector harms. */
export interface NetworkInjectorOptions {
  /** One for each broker, in the order of `nodes`. */
  readonly proxies: readonly Pick<KafkaProxy, "inject" | "cut" | "heal">[];
  readonly nodes: readonly KafkaNode[];
  readonly tally: Tally;
  /** Starts a service again: some requests are made at a start alone. */
  readonly restart: (service: StreamService) => void;
}

/** How long a fault waits for a frame to meet: as long as a start may take. */
const meetWithinMs = 30_000;

/** Carries out faults of the network, one at a time. */
export class NetworkInjector {
  readonly #options: NetworkInjectorOptions;

  constructor(options: NetworkInjectorOptions) {
    this.#options = options;
  }

  /** @returns whether it was injected (NI1) */
  inject(fault: NetworkFault): Promise<boolean> {
    switch (fault.kind) {
      case "end-txn":
        return this.#frames(
          `EndTxn ${fault.of} ${fault.action}`,
          {
            api: "EndTxn",
            of: fault.of,
            client: `${fault.service}-${fault.service}-`,
            action:
              fault.action === "delay" ? { kind: "delay", delayMs: fault.lastsMs } : { kind: fault.action },
          },
          fault.lastsMs,
        );
      case "lost-answer":
        return this.#frames(
          `lost ${fault.api} answer, ${fault.action}`,
          {
            api: fault.api,
            of: "answer",
            client: `${fault.service}-${fault.service}-`,
            action: { kind: fault.action },
          },
          0,
          // A producer is initialised when a service starts, and else after errors only.
          fault.api === "InitProducerId" ? () => this.#options.restart(fault.service) : undefined,
        );
      case "cut":
        return this.#cut(fault.broker, fault.lastsMs);
      case "broker-kill":
        return this.#killBroker(fault.broker, fault.downMs);
      case "broker-pause":
        return this.#pauseBroker(fault.broker, fault.lastsMs);
    }
  }

  /** The frame may pass any of the brokers, so each proxy waits for it; the first that meets it is the one. */
  async #frames(name: string, fault: FrameFault, lastsMs: number, lead?: () => void): Promise<boolean> {
    const injected = this.#options.proxies.map((proxy) => proxy.inject(fault));
    lead?.();
    const met = await Promise.race([
      ...injected.map(({ hit }) => hit.then(() => true)),
      delay(meetWithinMs, false, { ref: false }),
    ]);
    this.#options.tally.add(met ? name : `missed ${name}`);
    // To release is to let go at once, what is only to be late as well.
    if (met && (fault.action.kind === "hold" || fault.action.kind === "delay")) await delay(lastsMs);
    for (const one of injected) one.release();
    return met;
  }

  async #cut(broker: number, lastsMs: number): Promise<boolean> {
    const proxy = this.#options.proxies[broker];
    proxy?.cut();
    await delay(lastsMs);
    proxy?.heal();
    this.#options.tally.add("broker cut off");
    return true;
  }

  async #killBroker(broker: number, downMs: number): Promise<boolean> {
    const node = this.#options.nodes[broker];
    if (node?.pid === undefined) return false;
    await node.kill("SIGKILL");
    await delay(downMs);
    await node.restart();
    this.#options.tally.add("broker killed");
    return true;
  }

  async #pauseBroker(broker: number, lastsMs: number): Promise<boolean> {
    const node = this.#options.nodes[broker];
    if (node?.pid === undefined) return false;
    await node.kill("SIGSTOP");
    await delay(lastsMs);
    await node.kill("SIGCONT");
    this.#options.tally.add("broker paused");
    return true;
  }
}
