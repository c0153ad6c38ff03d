// The aggregator, the plain way: all four kinds of window, each in a file of its own beside this one, and the transactions
// that missed one. A payment that would make a sum inexact is counted nowhere: its handler throws, and it is
// dead-lettered.

import { type AccountAggregate, type EventWindow, parseEventTime, type Transaction } from "@riffle/contracts";
import type { ModelOptions } from "./options.ts";
import { aggregateLine, type ComparedRecord, lateLine, nothingHandedOn } from "./record-lines.ts";
import { AlignedWindows } from "./windows/aligned-windows.ts";
import { SessionModel } from "./windows/session-windows.ts";
import { SlidingModel } from "./windows/sliding-windows.ts";
import type { Payment } from "./windows/window-model.ts";

/** Only payments beyond it can burst a sum; the others are not kept one by one. */
const hugeAbove = Number.MAX_SAFE_INTEGER / 4;

/** What an account holds in one currency, until it counts in no window any more. */
interface Held {
  readonly timeMs: number;
  readonly amount: number;
}

/** What the aggregator must say of a partition, as lines. */
export interface Aggregated {
  /** Of windows that have closed: of each kind by end, then by holder. */
  readonly windows: string[];
  /** Of sliding windows, one for each transaction on time, in order. */
  readonly updates: string[];
  /** Transactions that missed a window, in order. */
  readonly late: string[];
  /** Ids of transactions that no sum can hold, in order. */
  readonly overflowing: string[];
}

/** The key of a figure: its parts, each behind its length. A running figure replaces the one before it. */
const keyOf = ({ accountId, currency, window }: AccountAggregate): string =>
  [
    accountId,
    currency,
    window.kind,
    String(window.sizeMs),
    window.kind === "sliding" ? "" : String(window.start),
  ]
    .map((part) => `${part.length}:${part}`)
    .join("");

const figure = (
  value: AccountAggregate,
  rest: Pick<ComparedRecord<unknown>, "timestampMs" | "handedOn">,
): string => aggregateLine({ key: keyOf(value), value, ...rest });

/** Refuses what no sum can hold: of enormous payments, which alone can do that, each is kept while it counts. */
class SumGuard {
  readonly #heldMs: number;
  readonly #huge = new Map<string, Held[]>();

  constructor({ windowSizeMs, sessionGapMs, graceMs }: ModelOptions) {
    /** A running average holds a payment for the size of its window, a session until the gap after it is over. */
    this.#heldMs = Math.max(windowSizeMs, sessionGapMs + 1) + graceMs;
  }

  /**
   * Whether the account's sums would lie beyond 2^53-1. What is still held when is exact for payments of one instant,
   * which is what the workload has of this kind.
   */
  refuses({ accountId, currency, timeMs, amount, streamTimeMs }: Payment): boolean {
    const counts = (one: Held): boolean => streamTimeMs < one.timeMs + this.#heldMs;
    if (amount <= hugeAbove || !counts({ timeMs, amount })) return false;
    const holder = `${accountId} ${currency}`;
    const held = (this.#huge.get(holder) ?? []).filter(counts);
    if (!Number.isSafeInteger(held.reduce((sum, one) => sum + one.amount, amount))) return true;
    this.#huge.set(holder, [...held, { timeMs, amount }]);
    return false;
  }
}

/**
 * The answer to a partition's screened transactions.
 *
 * @param handedOnBy what stands for the headers that a transaction's record hands on
 */
export const aggregate = (
  screened: readonly Transaction[],
  options: ModelOptions,
  handedOnBy: (transaction: Transaction) => string,
): Aggregated => {
  const { graceMs, windowSizeMs: sizeMs, windowAdvanceMs: advanceMs, sessionGapMs: gapMs } = options;
  const guard = new SumGuard(options);
  const told = [
    new AlignedWindows({ kind: "tumbling", sizeMs, advanceMs: sizeMs, graceMs }),
    new AlignedWindows({ kind: "hopping", sizeMs, advanceMs, graceMs }),
    new SessionModel({ gapMs, graceMs }),
  ];
  const sliding = new SlidingModel({ sizeMs, graceMs });
  const [updates, late, overflowing]: [string[], string[], string[]] = [[], [], []];
  let streamTimeMs = -1;
  for (const transaction of screened) {
    const { id, accountId, currency, amount } = transaction;
    const timeMs = parseEventTime(transaction.occurredAt);
    streamTimeMs = Math.max(streamTimeMs, timeMs);
    const payment: Payment = { accountId, currency, amount, timeMs, streamTimeMs };
    if (guard.refuses(payment)) {
      overflowing.push(id);
      continue;
    }
    const made = { timestampMs: timeMs, handedOn: handedOnBy(transaction) };
    const windows: EventWindow[] = told.flatMap((kind) => kind.count(payment));
    const answer = sliding.count(payment);
    if (answer.kind === "told") updates.push(figure(answer.aggregate, made));
    else windows.push(answer.window);
    const value = { transactionId: id, accountId, windows, streamTimeMs, transaction };
    if (windows.length > 0) late.push(lateLine({ key: accountId, value, ...made }));
  }
  const windows = told
    .flatMap((kind) => kind.finals(streamTimeMs))
    .map((value) => figure(value, { timestampMs: value.window.end, handedOn: nothingHandedOn }));
  return { windows, updates, late, overflowing };
};
