// What a killed process of a directed run goes on in, so that it lets go of its files: they are real, the process is not.
//
//   A1. Until the process is killed nothing here makes a difference.
//   A2. From then on nothing it does reaches anybody: every request fails, what was under way too, and every wait is over
//       after a turn of the event loop. Its clock goes on by what it waits, so whatever has a deadline comes to an end.

import type { CancelTimer, Clock } from "../../src/clock.ts";
import type { Network } from "../../src/memory-broker/connections.ts";
import type { SimulatedProcess } from "../../src/testing/simulation/process.ts";

const why = "the process is dead";

/** The clock and the network of one process, before its death and after it. */
export class Afterlife {
  readonly #process: SimulatedProcess;
  /** What ends each wait and each request that is under way. */
  readonly #underWay = new Set<() => void>();
  #dead = false;
  #waitedMs = 0;

  constructor(process: SimulatedProcess) {
    this.#process = process;
  }

  readonly clock: Clock = {
    now: () => this.#process.now() + this.#waitedMs,
    delay: (ms) => new Promise((resolve) => this.#after(ms, resolve)),
    after: (ms, call) => this.#after(ms, call),
    every: (ms, call) => this.#process.every(ms, call),
  };

  /** The network as the process reaches it. */
  reach(network: Network): Network {
    return {
      anyNode: () => {
        if (this.#dead) throw new Error(why);
        return network.anyNode();
      },
      exchange: (exchange) =>
        new Promise((resolve, reject) => {
          const fail = (): void => {
            this.#underWay.delete(fail);
            reject(new Error(why));
          };
          this.#underWay.add(fail);
          if (this.#dead) {
            this.#waitedMs += exchange.timeoutMs;
            setImmediate(fail);
            return;
          }
          network.exchange(exchange).then(
            (answer) => {
              if (this.#underWay.delete(fail)) resolve(answer);
            },
            (error: unknown) => {
              if (this.#underWay.delete(fail)) reject(error);
            },
          );
        }),
    };
  }

  /** The process has been killed. */
  begin(): void {
    this.#dead = true;
    for (const end of [...this.#underWay])
      setImmediate(() => {
        if (this.#underWay.has(end)) end();
      });
  }

  #after(ms: number, call: () => void): CancelTimer {
    const end = (): void => {
      this.#underWay.delete(end);
      call();
    };
    this.#underWay.add(end);
    let cancel: CancelTimer = () => {};
    if (this.#dead) {
      this.#waitedMs += ms;
      setImmediate(() => {
        if (this.#underWay.has(end)) end();
      });
    } else cancel = this.#process.after(ms, end);
    return () => {
      this.#underWay.delete(end);
      cancel();
    };
  }
}
