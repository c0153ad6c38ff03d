// Card testing: somebody tries a stolen card with small amounts, and then takes what it holds.
//
// The pattern: at least 3 purchases below 100.00, then one above 1,000.00, all within 5 minutes, first to last, on one
// account; other transactions may stand between, and the causes are the latest three small ones. Each story below is
// that, or is one step short of it. The 5 minutes themselves are longer than what a running pipeline takes for on time:
// they are the unit tests' and the audits'.

import { type Plot, raised, type ScenarioOptions, type Step, tell, withdrawn } from "./plot.ts";
import type { Scenario } from "./scenario.ts";

/** In minor units: below 10,000 is small, above 100,000 is large. */
const amounts = { small: 900, middle: 50_000, large: 250_000, notSmall: 10_000, notLarge: 100_000 } as const;

const small = (atMs: number): Step => ({ atMs, amount: amounts.small });
const large = (atMs: number): Step => ({ atMs, amount: amounts.large });
const withdrawal = (atMs: number): Step => ({ ...small(atMs), fields: { type: "withdrawal" } });

const plots: readonly Plot[] = [
  {
    title: "three small, others between, then a large one",
    steps: [
      small(0),
      small(1_000),
      { atMs: 1_500, amount: amounts.middle },
      { atMs: 1_700, amount: amounts.small, fields: { type: "refund" } },
      small(2_000),
      { atMs: 2_500, amount: amounts.large, fields: { type: "deposit" } },
      large(3_000),
    ],
    alerts: [raised(0, 1, 4, 6)],
  },
  {
    title: "the third small one arrives after the large one",
    steps: [small(0), small(1_000), { ...small(2_000), sentAtMs: 4_000 }, large(3_000)],
    alerts: [raised(0, 1, 2, 3)],
  },
  {
    title: "a fourth small one arrives after the match: other causes",
    steps: [small(0), small(1_000), small(2_000), { ...small(2_500), sentAtMs: 4_000 }, large(3_000)],
    alerts: [raised(0, 1, 2, 4), withdrawn(0, 1, 2, 4), raised(1, 2, 3, 4)],
  },
  { title: "two small, then a large one", steps: [small(0), small(1_000), large(2_000)], alerts: [] },
  {
    title: "a large one, then three small",
    steps: [large(0), small(1_000), small(2_000), small(3_000)],
    alerts: [],
  },
  {
    title: "three of exactly 100.00, then a large one",
    steps: [...[0, 1_000, 2_000].map((atMs) => ({ atMs, amount: amounts.notSmall })), large(3_000)],
    alerts: [],
  },
  {
    title: "three small, then one of exactly 1,000.00",
    steps: [small(0), small(1_000), small(2_000), { atMs: 3_000, amount: amounts.notLarge }],
    alerts: [],
  },
  {
    title: "three small withdrawals, then a large purchase",
    steps: [withdrawal(0), withdrawal(1_000), withdrawal(2_000), large(3_000)],
    alerts: [],
  },
  {
    title: "three small on this account, the large one on the next",
    steps: [small(0), small(1_000), small(2_000)],
    alerts: [],
  },
  { title: "a large one, its three small on the account before", steps: [large(3_000)], alerts: [] },
];

/** Small purchases that a story leaves over cannot be its causes, since the latest three count. */
const sentinel: readonly Step[] = [small(5_000), small(5_100), small(5_200), large(5_300)];

/** The scenario with ids and times of its own. */
export function cardTesting(options: ScenarioOptions): Scenario {
  const title = "three small purchases, then a large one, within 5 minutes";
  return tell({ name: "card-testing", rule: "card-testing", title, plots, sentinel }, options);
}
