// A process of a run: what happens to it happens to its timers and to the answers that reach it.
//
//   P1. A killed process does nothing any more. What it had sent is still under way.
//   P2. A paused process (SIGSTOP) does nothing until it is resumed; then everything that was due comes at once, in an
//       order of chance, and its clock has moved on.

import type { CancelTimer, Clock } from "../../clock.ts";
import type { Random } from "./random.ts";
import { repeated, type Scheduler } from "./scheduler.ts";

/** One process and its clock. */
export class SimulatedProcess implements Clock {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  #state: "running" | "paused" | "dead" = "running";
  #backlog: (() => void)[] = [];

  constructor(name: string, scheduler: Scheduler, random: Random) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  get alive(): boolean {
    return this.#state !== "dead";
  }

  get paused(): boolean {
    return this.#state === "paused";
  }

  readonly now = (): number => this.#scheduler.clock.now();

  delay(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  after(ms: number, call: () => void): CancelTimer {
    let wanted = true;
    const cancel = this.#scheduler.after(ms, () =>
      this.happens(() => {
        if (wanted) call();
      }),
    );
    return () => {
      wanted = false;
      cancel();
    };
  }

  every(ms: number, call: () => void): CancelTimer {
    return repeated((again) => this.after(ms, again), call);
  }

  /** Something that reaches the process: now, when it is resumed, or never. */
  happens(call: () => void): void {
    if (this.#state === "running") call();
    else if (this.#state === "paused") this.#backlog.push(call);
  }

  kill(): void {
    this.#state = "dead";
    this.#backlog = [];
  }

  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const call of backlog) this.#scheduler.after(this.#random.between(0, 1), () => this.happens(call));
  }
}
