// Sliding windows, the plain way: of each holder its payments of late, all of which each payment looks at.

import type { AccountAggregate, EventWindow } from "@riffle/contracts";
import { aggregateOf, holderOf, type Payment, type Totals, together, totalsOf } from "./window-model.ts";

/** Milliseconds. */
export interface SlidingOptions {
  readonly sizeMs: number;
  readonly graceMs: number;
}

interface Held {
  readonly timeMs: number;
  readonly totals: Totals;
}

/** What a payment comes to: what it is told, or the window that it missed. */
export type SlidingAnswer =
  | { readonly kind: "told"; readonly aggregate: AccountAggregate }
  | { readonly kind: "missed"; readonly window: EventWindow };

/** Running figures of the accounts of a partition: told at each payment, of what has come by then. */
export class SlidingModel {
  readonly #options: SlidingOptions;
  readonly #held = new Map<string, Held[]>();

  constructor(options: SlidingOptions) {
    this.#options = options;
  }

  /** A late payment is told nothing, and yet counts for those to come. */
  count(payment: Payment): SlidingAnswer {
    const { sizeMs, graceMs } = this.#options;
    const { timeMs, streamTimeMs, amount } = payment;
    const key = holderOf(payment);
    // Whoever is still on time lies behind stream time by the grace at most, and looks back by the size.
    const held = (this.#held.get(key) ?? []).filter(
      (one) => one.timeMs > streamTimeMs - graceMs - 1 - sizeMs,
    );
    held.push({ timeMs, totals: totalsOf(amount) });
    this.#held.set(key, held);
    const window: EventWindow = { kind: "sliding", sizeMs, start: timeMs - sizeMs + 1, end: timeMs + 1 };
    if (streamTimeMs >= window.end + graceMs) return { kind: "missed", window };
    const totals = held
      .filter((one) => one.timeMs > timeMs - sizeMs && one.timeMs <= timeMs)
      .map((one) => one.totals)
      .reduce(together);
    return { kind: "told", aggregate: aggregateOf(payment, window, totals) };
  }
}
