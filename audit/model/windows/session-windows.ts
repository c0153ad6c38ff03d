// Sessions, the plain way: of each holder a list of them, open and closed. A payment joins every open one that it is close
// to, and makes them one.

import type { AccountAggregate, EventWindow } from "@riffle/contracts";
import {
  aggregateOf,
  holderOf,
  inOrderOfClosing,
  type Payment,
  type Totals,
  together,
  totalsOf,
  type WindowModel,
} from "./window-model.ts";

/** Milliseconds. */
export interface SessionOptions {
  /** Longest time between neighbours; exactly that far apart is one session. */
  readonly gapMs: number;
  readonly graceMs: number;
}

interface Session {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly totals: Totals;
}

interface Holder {
  readonly accountId: string;
  readonly currency: string;
  open: Session[];
  readonly closed: Session[];
}

/** Sessions of the accounts of a partition. */
export class SessionModel implements WindowModel {
  readonly #options: SessionOptions;
  readonly #holders = new Map<string, Holder>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  count(payment: Payment): EventWindow[] {
    const { gapMs } = this.#options;
    const { timeMs, streamTimeMs, amount } = payment;
    const holder = this.#holderOf(payment);
    this.#close(holder, streamTimeMs);
    const isClose = ({ firstMs, lastMs }: Session): boolean =>
      timeMs >= firstMs - gapMs && timeMs <= lastMs + gapMs;
    const own: Session = { firstMs: timeMs, lastMs: timeMs, totals: totalsOf(amount) };
    const joined = holder.open.filter(isClose);
    if (joined.length === 0 && this.#isClosed(own, streamTimeMs)) return [this.#window(own)];
    const whole = joined.reduce(
      (a, b) => ({
        firstMs: Math.min(a.firstMs, b.firstMs),
        lastMs: Math.max(a.lastMs, b.lastMs),
        totals: together(a.totals, b.totals),
      }),
      own,
    );
    holder.open = [...holder.open.filter((session) => !isClose(session)), whole];
    return [];
  }

  finals(streamTimeMs: number): AccountAggregate[] {
    return inOrderOfClosing(
      [...this.#holders.values()].flatMap((holder) => {
        this.#close(holder, streamTimeMs);
        return holder.closed.map((session) => aggregateOf(holder, this.#window(session), session.totals));
      }),
    );
  }

  #holderOf({ accountId, currency }: Payment): Holder {
    const key = holderOf({ accountId, currency });
    const holder = this.#holders.get(key) ?? { accountId, currency, open: [], closed: [] };
    this.#holders.set(key, holder);
    return holder;
  }

  #close(holder: Holder, streamTimeMs: number): void {
    const isClosed = (session: Session): boolean => this.#isClosed(session, streamTimeMs);
    holder.closed.push(...holder.open.filter(isClosed));
    holder.open = holder.open.filter((session) => !isClosed(session));
  }

  /** At the end of a session the next payment would be too far away. */
  #window({ firstMs, lastMs }: Session): EventWindow {
    const { gapMs } = this.#options;
    return { kind: "session", sizeMs: gapMs, start: firstMs, end: lastMs + gapMs + 1 };
  }

  #isClosed(session: Session, streamTimeMs: number): boolean {
    return streamTimeMs >= this.#window(session).end + this.#options.graceMs;
  }
}
