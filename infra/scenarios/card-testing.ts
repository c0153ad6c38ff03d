// Card testing: somebody tries a stolen card with small amounts, and then takes what it holds.
//
// The pattern: at least 3 purchases below 100.00, then one above 1,000.00, all within 5 minutes, first to last, on one
// account; other transactions may stand between, and the causes are the latest three small ones. Each story below is
// that, or is one step short of it.

import type { TransactionInput } from "@riffle/contracts";
import type { Scenario, Story } from "./scenario.ts";

export interface ScenarioOptions {
  /** Makes ids unique: letters, digits and hyphens. */
  readonly runId: string;
  /** The event time of the last transaction, in epoch milliseconds. */
  readonly endsAtMs: number;
}

const withinMs = 5 * 60_000;
const minuteMs = 60_000;

/** In minor units: below 10,000 is small, above 100,000 is large. */
const amounts = { small: 900, middle: 50_000, large: 250_000, notSmall: 10_000, notLarge: 100_000 } as const;

/**
 * The sentinels follow at once on the longest story, 5 min and 1 ms. Small purchases that a story leaves over cannot be
 * their causes, since the latest three count. And all of it must lie within `within` and the detector's grace, 5:30:
 * of older events the detector of a pipeline that has been running may have forgotten the first ones.
 */
const sentinelStartsMs = withinMs + 1_000;
const sentinelStepMs = 500;
const sentinelEndsMs = sentinelStartsMs + 3 * sentinelStepMs;

/** A step of a story: when, how much, and what if not a purchase. */
interface Step {
  readonly atMs: number;
  readonly amount: number;
  readonly type?: TransactionInput["type"];
}

interface Plot {
  readonly title: string;
  readonly steps: readonly Step[];
  /** For each alert, the indexes of the steps that cause it. */
  readonly causes: readonly (readonly number[])[];
}

const small = (atMs: number): Step => ({ atMs, amount: amounts.small });
const large = (atMs: number): Step => ({ atMs, amount: amounts.large });

const plots: readonly Plot[] = [
  {
    title: "three small, others between, then a large one",
    steps: [
      small(0),
      small(minuteMs),
      { atMs: 90_000, amount: amounts.middle },
      { atMs: 100_000, amount: amounts.small, type: "refund" },
      small(2 * minuteMs),
      { atMs: 150_000, amount: amounts.large, type: "deposit" },
      large(3 * minuteMs),
    ],
    causes: [[0, 1, 4, 6]],
  },
  {
    title: "first to last exactly 5 min",
    steps: [small(0), small(minuteMs), small(2 * minuteMs), large(withinMs)],
    causes: [[0, 1, 2, 3]],
  },
  {
    title: "first to last 5 min and 1 ms",
    steps: [small(0), small(minuteMs), small(2 * minuteMs), large(withinMs + 1)],
    causes: [],
  },
  {
    title: "two small, then a large one",
    steps: [small(0), small(minuteMs), large(2 * minuteMs)],
    causes: [],
  },
  {
    title: "a large one, then three small",
    steps: [large(0), small(minuteMs), small(2 * minuteMs), small(3 * minuteMs)],
    causes: [],
  },
  {
    title: "three of exactly 100.00, then a large one",
    steps: [
      { atMs: 0, amount: amounts.notSmall },
      { atMs: minuteMs, amount: amounts.notSmall },
      { atMs: 2 * minuteMs, amount: amounts.notSmall },
      large(3 * minuteMs),
    ],
    causes: [],
  },
  {
    title: "three small, then one of exactly 1,000.00",
    steps: [small(0), small(minuteMs), small(2 * minuteMs), { atMs: 3 * minuteMs, amount: amounts.notLarge }],
    causes: [],
  },
  {
    title: "three small withdrawals, then a large purchase",
    steps: [
      { atMs: 0, amount: amounts.small, type: "withdrawal" },
      { atMs: minuteMs, amount: amounts.small, type: "withdrawal" },
      { atMs: 2 * minuteMs, amount: amounts.small, type: "withdrawal" },
      large(3 * minuteMs),
    ],
    causes: [],
  },
  {
    title: "three small on this account, the large one on the next",
    steps: [small(0), small(minuteMs), small(2 * minuteMs)],
    causes: [],
  },
  { title: "a large one, its three small on the account before", steps: [large(3 * minuteMs)], causes: [] },
];

const sentinelSteps: readonly Step[] = [
  small(sentinelStartsMs),
  small(sentinelStartsMs + sentinelStepMs),
  small(sentinelStartsMs + 2 * sentinelStepMs),
  large(sentinelEndsMs),
];

/** The scenario with ids and times of its own. It spans 5 min and 2.5 s of event time. */
export function cardTesting({ runId, endsAtMs }: ScenarioOptions): Scenario {
  const startsAtMs = endsAtMs - sentinelEndsMs;
  return {
    name: "card-testing",
    title: "three small purchases, then a large one, within 5 minutes",
    stories: plots.map((plot, index) => tell(plot, `${runId}-${index + 1}`, startsAtMs)),
  };
}

function tell({ title, steps, causes }: Plot, accountId: string, startsAtMs: number): Story {
  const transactions = steps.map((step, index) =>
    transactionOf(step, `${accountId}.${index + 1}`, accountId, startsAtMs),
  );
  const sentinel = sentinelSteps.map((step, index) =>
    transactionOf(step, `${accountId}.sentinel.${index + 1}`, accountId, startsAtMs),
  );
  const expected = causes.map((alert) => alert.map((step) => `${accountId}.${step + 1}`));
  return { title, accountId, transactions, expected, sentinel };
}

function transactionOf(
  { atMs, amount, type }: Step,
  id: string,
  accountId: string,
  startsAtMs: number,
): TransactionInput {
  return {
    id,
    accountId,
    amount,
    currency: "EUR",
    occurredAt: new Date(startsAtMs + atMs).toISOString(),
    type: type ?? "purchase",
    channel: "online",
  };
}
