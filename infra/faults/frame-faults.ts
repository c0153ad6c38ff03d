// Which frames a proxy harms, and how.
//
// A fault waits for the frame it is meant for and acts on it a given number of times. What happened to whom is kept,
// so that a campaign can say how many faults there really were, not how many it asked for.

import type { ApiName } from "./frames.ts";

/**
 * What is done to a frame.
 *
 * - `hold`: it waits until `release`, and everything behind it in its direction of its connection with it, as behind a
 *   lost segment of TCP. A held request reaches the broker at the release even when its client has long given up and
 *   closed the connection: this is how an EndTxn arrives in the middle of the next transaction (KAFKA-17754).
 * - `delay`: the same for `delayMs`.
 * - `drop`: it never arrives, and the connection stays.
 * - `duplicate`: it arrives twice. The broker's second answer to a doubled request goes nowhere, since no client waits
 *   for it.
 * - `disconnect`: it never arrives, and the connection is cut.
 */
export type FrameAction =
  | { readonly kind: "hold" | "drop" | "duplicate" | "disconnect" }
  | { readonly kind: "delay"; readonly delayMs: number };

/** A fault to inject. */
export interface FrameFault {
  readonly api: ApiName;
  /** A `request` is harmed before the broker has seen it, an `answer` when its effect is there already. */
  readonly of: "request" | "answer";
  readonly action: FrameAction;
  /** Only frames of clients whose client id contains this text. @default every client */
  readonly client?: string;
  /** How many frames. @default 1 */
  readonly times?: number;
}

/** A fault that was injected: what became of it. */
export class InjectedFault {
  readonly fault: FrameFault;
  #left: number;
  #hits = 0;
  #released = false;
  readonly #firstHit = Promise.withResolvers<void>();
  readonly #release = Promise.withResolvers<void>();

  constructor(fault: FrameFault) {
    this.fault = fault;
    this.#left = fault.times ?? 1;
  }

  /** How many frames it has acted on. */
  get hits(): number {
    return this.#hits;
  }

  /** Resolves when it has acted on its first frame. */
  get hit(): Promise<void> {
    return this.#firstHit.promise;
  }

  /** Whether it may still act. */
  get isArmed(): boolean {
    return this.#left > 0;
  }

  /** Lets what it holds go on; it acts on nothing more. */
  release(): void {
    this.#left = 0;
    this.#released = true;
    this.#release.resolve();
  }

  /** Resolves at the release. */
  get released(): Promise<void> {
    return this.#release.promise;
  }

  /** Whether the fault is meant for this frame; counts it when it is. */
  takes(api: ApiName | undefined, of: "request" | "answer", clientId: string): boolean {
    const { fault } = this;
    if (this.#released || this.#left === 0 || api !== fault.api || of !== fault.of) return false;
    if (fault.client !== undefined && !clientId.includes(fault.client)) return false;
    this.#left--;
    this.#hits++;
    this.#firstHit.resolve();
    return true;
  }
}
