// Transactions as a busy afternoon brings them: ordinary ones, fraud, near-misses, repeats, contradictions.
//
//   - Accounts are drawn unevenly: a tenth of them make half of the traffic.
//   - Event times rise, with up to `disorderMs` of disorder among ordinary accounts; stories (stories.ts) are told on
//     accounts of their own, each step when it happens, some with a delay.
//   - Some ids come twice with the same content, some with another amount, some types are not screened.

import type { Transaction } from "@riffle/contracts";
import { between, pick, type Random, seededRandom } from "./random.ts";
import { drawStory } from "./stories.ts";

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
  /** One of so many begins a story. Default 500. */
  readonly fraudOneOf?: number;
  /** How long accounts of stories are silent before they awake, milliseconds. Default 600,000. */
  readonly silentMs?: number;
  /** Put in front of every id, so that runs on one cluster stay apart. Default `w`. */
  readonly prefix?: string;
}

const currencies = ["EUR", "USD", "JPY", "KWD"] as const;
const types = ["purchase", "purchase", "purchase", "purchase", "withdrawal", "transfer", "refund"] as const;
const channels = ["card_present", "online", "online", "atm", "transfer"] as const;
/** Smallest and largest of the ordinary ones, in minor units of two-digit currencies. */
const ordinary = [10_000, 100_000] as const;

const exponents: Readonly<Record<string, number>> = { EUR: 0.01, USD: 0.01, JPY: 1, KWD: 0.001 };
const inMinorUnits = (hundredths: number, currency: string): number =>
  Math.max(1, Math.round((hundredths * 0.01) / (exponents[currency] ?? 0.01)));

/** A transaction and when it is sent. */
interface Sent {
  readonly sentMs: number;
  readonly transaction: Transaction;
}

type Fields = Partial<Transaction> & Pick<Transaction, "amount">;

class Workload {
  readonly #random: Random;
  readonly #options: Required<WorkloadOptions>;
  readonly #sent: Sent[] = [];
  #next = 0;

  constructor(options: WorkloadOptions) {
    this.#random = seededRandom(options.seed);
    this.#options = { disorderMs: 5_000, fraudOneOf: 500, silentMs: 600_000, prefix: "w", ...options };
  }

  make(): Transaction[] {
    const { transactions, fraudOneOf, startMs, spanMs } = this.#options;
    while (this.#sent.length < transactions) {
      const nowMs = Math.floor(startMs + (spanMs * this.#sent.length) / transactions);
      const chance = this.#random();
      if (chance < 1 / fraudOneOf) this.#story(nowMs);
      else if (chance < 0.01 + 1 / fraudOneOf && this.#sent.length > 0) this.#repeat(nowMs);
      else this.#ordinary(nowMs);
    }
    // Stories that go on beyond the end are cut off there; ordinary ones, anywhere, take the place of what is missing.
    const made = this.#sent.filter(({ sentMs }) => sentMs < startMs + spanMs);
    this.#sent.length = 0;
    while (made.length + this.#sent.length < transactions)
      this.#ordinary(between(this.#random, startMs, startMs + spanMs - 1));
    return [...made, ...this.#sent]
      .toSorted((a, b) => a.sentMs - b.sentMs)
      .map(({ transaction }) => transaction);
  }

  #ordinary(nowMs: number): void {
    const { accounts, disorderMs, startMs } = this.#options;
    const random = this.#random;
    const busy = random() < 0.5;
    const account = between(random, 0, (busy ? Math.ceil(accounts / 10) : accounts) - 1);
    const currency = pick(random, currencies);
    const behindMs = random() < 0.2 ? between(random, 0, disorderMs) : 0;
    this.#push(`ordinary-${account}`, Math.max(startMs, nowMs - behindMs), nowMs, {
      amount: inMinorUnits(between(random, ...ordinary), currency),
      currency,
      type: pick(random, types),
      // At home, each with a device or two of its own, now and then on a neighbour's.
      ...(random() < 0.5 ? { channel: pick(random, channels), country: random() < 0.98 ? "PT" : "ES" } : {}),
      ...(random() < 0.3 ? { deviceId: `device-${account + (random() < 0.02 ? 1 : 0)}-${account % 2}` } : {}),
    });
  }

  #story(nowMs: number): void {
    const { silentMs } = this.#options;
    const account = `story-${this.#next}`;
    for (const { atMs, fields, delayMs = 0 } of drawStory(this.#random, { silentMs }))
      this.#push(account, nowMs + atMs, nowMs + atMs + delayMs, fields);
  }

  /** An earlier transaction again, as it was or with another amount. */
  #repeat(nowMs: number): void {
    const last = this.#sent.length - 1;
    const earlier = this.#sent[between(this.#random, Math.max(0, last - 2_000), last)];
    if (earlier === undefined || earlier.sentMs > nowMs) return;
    const { transaction } = earlier;
    const again = this.#random() < 0.7 ? transaction : { ...transaction, amount: transaction.amount + 1 };
    this.#sent.push({ sentMs: nowMs, transaction: again });
  }

  #push(account: string, timeMs: number, sentMs: number, { amount, ...fields }: Fields): void {
    const { prefix } = this.#options;
    const transaction: Transaction = {
      id: `${prefix}-${this.#next++}`,
      accountId: `${prefix}-${account}`,
      amount,
      currency: "EUR",
      occurredAt: new Date(timeMs).toISOString(),
      type: "purchase",
      ...fields,
    };
    this.#sent.push({ sentMs, transaction });
  }
}

/** The transactions of a workload, in the order in which they are sent. */
export const makeTransactions = (options: WorkloadOptions): Transaction[] => new Workload(options).make();
