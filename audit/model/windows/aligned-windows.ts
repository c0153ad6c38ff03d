// Tumbling and hopping windows, the plain way: each keeps its totals, and every payment is added to all that it is in.

import type { AccountAggregate, EventWindow } from "@riffle/contracts";
import {
  aggregateOf,
  holderOf,
  inOrderOfClosing,
  type Payment,
  together,
  totalsOf,
  type WindowModel,
} from "./window-model.ts";

/** How the windows lie, milliseconds. */
export interface AlignedOptions {
  readonly kind: "tumbling" | "hopping";
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
}

/** Windows that begin at every multiple of the advance. */
export class AlignedWindows implements WindowModel {
  readonly #options: AlignedOptions;
  readonly #told = new Map<string, AccountAggregate>();

  constructor(options: AlignedOptions) {
    this.#options = options;
  }

  count(payment: Payment): EventWindow[] {
    const { sizeMs, advanceMs, graceMs } = this.#options;
    const { timeMs, streamTimeMs } = payment;
    const missed: EventWindow[] = [];
    const newestMs = Math.floor(timeMs / advanceMs) * advanceMs;
    for (let startMs = newestMs; startMs > timeMs - sizeMs; startMs -= advanceMs) {
      const window = this.#window(startMs);
      if (streamTimeMs >= window.end + graceMs) missed.push(window);
      else this.#add(payment, window);
    }
    return missed;
  }

  finals(streamTimeMs: number): AccountAggregate[] {
    const { graceMs } = this.#options;
    return inOrderOfClosing(
      [...this.#told.values()].filter(({ window }) => streamTimeMs >= window.end + graceMs),
    );
  }

  #add(payment: Payment, window: EventWindow): void {
    const key = `${holderOf(payment)} ${window.start}`;
    const before = this.#told.get(key);
    const own = totalsOf(payment.amount);
    this.#told.set(key, aggregateOf(payment, window, before === undefined ? own : together(before, own)));
  }

  #window(startMs: number): EventWindow {
    const { kind, sizeMs, advanceMs } = this.#options;
    const advance = kind === "hopping" ? { advanceMs } : {};
    return { kind, sizeMs, ...advance, start: startMs, end: startMs + sizeMs };
  }
}
