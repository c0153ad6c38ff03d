// The reference model: what the pipeline must answer, computed the plain way.
//
// One partition at a time, from the committed order of `transactions.received.v1`. No Kafka, no I/O, no cleverness:
// every window keeps its sum, every account its whole history. It shares the contracts with the pipeline, and no
// other code.

import { minorUnitExponent, parseEventTime, type Transaction } from "@riffle/contracts";

/** The parameters the pipeline was started with, milliseconds. */
export interface ModelOptions {
  readonly graceMs: number;
  readonly windowSizeMs: number;
  readonly windowAdvanceMs: number;
  readonly withinMs: number;
  readonly relevantTypes: readonly string[];
}

/** The defaults of the services. */
export const modelDefaults: ModelOptions = {
  graceMs: 30_000,
  windowSizeMs: 300_000,
  windowAdvanceMs: 60_000,
  withinMs: 300_000,
  relevantTypes: ["purchase", "withdrawal", "transfer"],
};

/** What one partition must hold. Lines of text, so that two answers compare as sets and differences can be read. */
export interface ModelAnswer {
  /** Ids that pass, in order. */
  readonly screened: string[];
  /** `id reason`. */
  readonly rejected: string[];
  /** `account currency start count sum min max` of every closed window. */
  readonly windows: string[];
  /** `id` of transactions that missed a window. */
  readonly late: string[];
  /** `account: cause ids`. */
  readonly alerts: string[];
}

interface Totals {
  count: number;
  sum: number;
  min: number;
  max: number;
}

interface Placed {
  readonly transaction: Transaction;
  readonly timeMs: number;
}

/** Text of a closed window; the reader of the topic makes the same. */
export const windowLine = (
  accountId: string,
  currency: string,
  startMs: number,
  { count, sum, min, max }: Readonly<Totals>,
): string => `${accountId} ${currency} ${startMs} ${count} ${sum} ${min} ${max}`;

/** Text of an alert. */
export const alertLine = (accountId: string, causeIds: readonly string[]): string =>
  `${accountId}: ${causeIds.join(" ")}`;

/** The answer to one partition's transactions, in the order in which ingest's topic holds them. */
export const modelPartition = (received: readonly Transaction[], options: ModelOptions): ModelAnswer => {
  const { screened, rejected } = filter(received, options);
  const { windows, late } = aggregate(screened, options);
  return {
    screened: screened.map(({ id }) => id),
    rejected,
    windows,
    late,
    alerts: detect(screened, options),
  };
};

const contentOf = (transaction: Transaction): string =>
  JSON.stringify(Object.entries(transaction).toSorted());

const filter = (received: readonly Transaction[], { relevantTypes }: ModelOptions) => {
  const seen = new Map<string, string>();
  const screened: Transaction[] = [];
  const rejected: string[] = [];
  for (const transaction of received) {
    const content = contentOf(transaction);
    const first = seen.get(transaction.id);
    if (first !== undefined)
      rejected.push(`${transaction.id} ${first === content ? "duplicate" : "conflict"}`);
    else {
      seen.set(transaction.id, content);
      if (relevantTypes.includes(transaction.type)) screened.push(transaction);
      else rejected.push(`${transaction.id} not-relevant`);
    }
  }
  return { screened, rejected };
};

const aggregate = (
  screened: readonly Transaction[],
  { graceMs, windowSizeMs, windowAdvanceMs }: ModelOptions,
) => {
  const open = new Map<string, { accountId: string; currency: string; startMs: number; totals: Totals }>();
  const late: string[] = [];
  let streamTimeMs = -1;
  for (const { id, accountId, currency, amount, occurredAt } of screened) {
    const timeMs = parseEventTime(occurredAt);
    streamTimeMs = Math.max(streamTimeMs, timeMs);
    const newestStartMs = Math.floor(timeMs / windowAdvanceMs) * windowAdvanceMs;
    let missed = false;
    for (let startMs = newestStartMs; startMs > timeMs - windowSizeMs; startMs -= windowAdvanceMs) {
      if (streamTimeMs >= startMs + windowSizeMs + graceMs) {
        missed = true;
        continue;
      }
      const key = `${accountId} ${currency} ${startMs}`;
      const window = open.get(key) ?? {
        accountId,
        currency,
        startMs,
        totals: { count: 0, sum: 0, min: Infinity, max: -Infinity },
      };
      window.totals.count++;
      window.totals.sum += amount;
      window.totals.min = Math.min(window.totals.min, amount);
      window.totals.max = Math.max(window.totals.max, amount);
      open.set(key, window);
    }
    // The window of the running average ends with the transaction itself: [time - size + 1, time + 1).
    if (missed || streamTimeMs >= timeMs + 1 + graceMs) late.push(id);
  }
  const windows = [...open.values()]
    .filter(({ startMs }) => streamTimeMs >= startMs + windowSizeMs + graceMs)
    .map(({ accountId, currency, startMs, totals }) => windowLine(accountId, currency, startMs, totals));
  return { windows, late };
};

const detect = (screened: readonly Transaction[], { withinMs }: ModelOptions): string[] => {
  const histories = new Map<string, Placed[]>();
  const alerts: string[] = [];
  for (const transaction of screened) {
    if (transaction.type !== "purchase") continue;
    const { accountId, amount, currency, occurredAt } = transaction;
    const unit = 10 ** minorUnitExponent(currency);
    const timeMs = parseEventTime(occurredAt);
    const smalls = histories.get(accountId) ?? [];
    if (amount < 100 * unit) {
      histories.set(accountId, [...smalls, { transaction, timeMs }]);
    } else if (amount > 1_000 * unit) {
      const before = smalls.filter((placed) => placed.timeMs <= timeMs && timeMs - placed.timeMs <= withinMs);
      if (before.length < 3) continue;
      const causes = before.toSorted((a, b) => a.timeMs - b.timeMs).slice(-3);
      alerts.push(alertLine(accountId, [...causes.map((cause) => cause.transaction.id), transaction.id]));
      histories.set(accountId, []);
    }
  }
  return alerts;
};
