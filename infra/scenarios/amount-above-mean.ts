// Amount far above the mean: a payment that the account's own history does not explain.
//
// The rule: at least 500.00, more than 3 times the mean of at least 10 earlier payments of the same currency, and more
// than 4 standard deviations above it. Each story below is that, or is one step short of it.

import { type Plot, raised, type ScenarioOptions, type Step, tell, withdrawn } from "./plot.ts";
import type { Scenario } from "./scenario.ts";

const pay = (atMs: number, amount: number, fields: Step["fields"] = {}): Step => ({ atMs, amount, fields });

/** So many payments of 40.00, a tenth of a second apart. */
const usual = (count: number, fields: Step["fields"] = {}, fromMs = 0): Step[] =>
  Array.from({ length: count }, (_, i) => pay(fromMs + i * 100, 4_000, fields));

const plots: readonly Plot[] = [
  { title: "2,900.00 after ten of 40.00", steps: [...usual(10), pay(3_000, 290_000)], alerts: [raised(10)] },
  { title: "exactly 500.00", steps: [...usual(10), pay(3_000, 50_000)], alerts: [raised(10)] },
  {
    title: "the tenth of 40.00 arrives after it",
    steps: [...usual(9), { ...pay(2_000, 4_000), sentAtMs: 4_000 }, pay(3_000, 290_000)],
    alerts: [raised(10)],
  },
  {
    title: "four of 499.99 arrive after 500.00, and explain it",
    steps: [
      ...usual(10),
      pay(3_000, 50_000),
      ...[0, 1, 2, 3].map((i) => ({ ...pay(2_000 + i, 49_999), sentAtMs: 4_000 + i })),
    ],
    alerts: [raised(10), withdrawn(10)],
  },
  { title: "after nine only", steps: [...usual(9), pay(3_000, 290_000)], alerts: [] },
  { title: "499.99", steps: [...usual(10), pay(3_000, 49_999)], alerts: [] },
  {
    title: "exactly 3 times the mean",
    steps: [...usual(10).map((step) => ({ ...step, amount: 20_000 })), pay(3_000, 60_000)],
    alerts: [],
  },
  {
    title: "the earlier ones in another currency",
    steps: [...usual(10, { currency: "CHF" }), pay(3_000, 290_000)],
    alerts: [],
  },
  { title: "a deposit", steps: [...usual(10), pay(3_000, 290_000, { type: "deposit" })], alerts: [] },
];

/** In a currency of its own: whatever the story paid, the mean is 40.00. */
const sentinel: readonly Step[] = [
  ...usual(10, { currency: "USD" }, 5_000),
  pay(6_500, 290_000, { currency: "USD" }),
];

/** The scenario with ids and times of its own. */
export function amountAboveMean(options: ScenarioOptions): Scenario {
  const title = "a payment far above the mean of the account's own";
  const script = { name: "amount-above-mean", rule: "amount-above-mean", title, plots, sentinel };
  return tell({ ...script, sentinelCauses: [10] }, options);
}
