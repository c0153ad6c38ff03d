// Transactions as a busy afternoon brings them: ordinary ones, fraud, near-misses, repeats, contradictions.
//
//   - Accounts are drawn unevenly: a tenth of them make half of the traffic.
//   - Event times rise, with up to `disorderMs` of disorder among ordinary accounts; fraud series are in order.
//   - Some ids come twice with the same content, some with another amount, some types are not screened.

import type { Transaction } from "@riffle/contracts";
import { between, pick, type Random, seededRandom } from "./random.ts";

/** What to make. */
export interface WorkloadOptions {
  readonly seed: number;
  readonly transactions: number;
  readonly accounts: number;
  /** Event time of the first one, epoch milliseconds. */
  readonly startMs: number;
  /** Event time from first to last, milliseconds. */
  readonly spanMs: number;
  /** How far a transaction may come behind those after it, milliseconds. Default 5,000. */
  readonly disorderMs?: number;
  /** One of so many begins a card-testing series. Default 500. */
  readonly fraudOneOf?: number;
  /** Put in front of every id, so that runs on one cluster stay apart. Default `w`. */
  readonly prefix?: string;
}

const currencies = ["EUR", "USD", "JPY", "KWD"] as const;
const types = ["purchase", "purchase", "purchase", "purchase", "withdrawal", "transfer", "refund"] as const;
/** Smallest and largest of the ordinary, the small and the large, in minor units of two-digit currencies. */
const ordinary = [10_000, 100_000] as const;
const small = [100, 9_999] as const;
const large = [100_001, 900_000] as const;

const exponents: Readonly<Record<string, number>> = { EUR: 0.01, USD: 0.01, JPY: 1, KWD: 0.001 };
const inMinorUnits = (hundredths: number, currency: string): number =>
  Math.max(1, Math.round((hundredths * 0.01) / (exponents[currency] ?? 0.01)));

class Workload {
  readonly #random: Random;
  readonly #options: Required<WorkloadOptions>;
  readonly #made: Transaction[] = [];
  #next = 0;

  constructor(options: WorkloadOptions) {
    this.#random = seededRandom(options.seed);
    this.#options = { disorderMs: 5_000, fraudOneOf: 500, prefix: "w", ...options };
  }

  make(): Transaction[] {
    const { transactions, fraudOneOf } = this.#options;
    while (this.#made.length < transactions) {
      const chance = this.#random();
      if (chance < 1 / fraudOneOf) this.#series();
      else if (chance < 0.01 && this.#made.length > 0) this.#repeat();
      else this.#ordinary();
    }
    return this.#made.slice(0, transactions);
  }

  /** Event time that belongs to the place in the list. */
  #timeMs(): number {
    const { startMs, spanMs, transactions } = this.#options;
    return Math.floor(startMs + (spanMs * this.#made.length) / transactions);
  }

  #ordinary(): void {
    const { accounts, disorderMs, startMs } = this.#options;
    const busy = this.#random() < 0.5;
    const account = between(this.#random, 0, (busy ? Math.ceil(accounts / 10) : accounts) - 1);
    const currency = pick(this.#random, currencies);
    const type = pick(this.#random, types);
    const behindMs = this.#random() < 0.2 ? between(this.#random, 0, disorderMs) : 0;
    this.#push(
      `ordinary-${account}`,
      Math.max(startMs, this.#timeMs() - behindMs),
      between(this.#random, ...ordinary),
      currency,
      type,
    );
  }

  /** Three or four smalls and a large on an account of its own: a fraud, or one of its near-misses. */
  #series(): void {
    const account = `series-${this.#next}`;
    const lastMs = this.#timeMs();
    const kind = pick(this.#random, ["fraud", "fraud", "two-smalls", "too-slow", "large-first", "not-large"]);
    const count = kind === "two-smalls" ? 2 : between(this.#random, 3, 4);
    const stepMs = kind === "too-slow" ? 150_001 : between(this.#random, 1, 90_000);
    const firstMs = Math.max(this.#options.startMs, lastMs - stepMs * count);
    const times = Array.from({ length: count + 1 }, (_, i) => Math.min(lastMs, firstMs + i * stepMs));
    if (kind === "large-first")
      this.#push(account, firstMs, between(this.#random, ...large), "EUR", "purchase");
    for (const timeMs of times.slice(0, count))
      this.#push(account, timeMs, between(this.#random, ...small), "EUR", "purchase");
    const amount = kind === "not-large" ? 100_000 : between(this.#random, ...large);
    if (kind !== "large-first") this.#push(account, times[count] ?? lastMs, amount, "EUR", "purchase");
  }

  /** An earlier transaction again, as it was or with another amount. */
  #repeat(): void {
    const earlier =
      this.#made[between(this.#random, Math.max(0, this.#made.length - 2_000), this.#made.length - 1)];
    if (earlier === undefined) return;
    this.#made.push(this.#random() < 0.7 ? earlier : { ...earlier, amount: earlier.amount + 1 });
  }

  #push(
    account: string,
    timeMs: number,
    hundredths: number,
    currency: string,
    type: Transaction["type"],
  ): void {
    const { prefix } = this.#options;
    this.#made.push({
      id: `${prefix}-${this.#next++}`,
      accountId: `${prefix}-${account}`,
      amount: inMinorUnits(hundredths, currency),
      currency,
      occurredAt: new Date(timeMs).toISOString(),
      type,
    });
  }
}

/** The transactions of a workload, in the order in which they are sent. */
export const makeTransactions = (options: WorkloadOptions): Transaction[] => new Workload(options).make();
