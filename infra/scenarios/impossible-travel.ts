// Impossible travel: a copy of a card is used where its owner cannot be.
//
// The pattern: two transactions with the card at hand, one directly after the other, whose places lie further apart than
// a flight gets in the time between. Each story below is that, or is one step short of it.

import { type Plot, raised, type ScenarioOptions, type Step, tell, withdrawn } from "./plot.ts";
import type { Scenario } from "./scenario.ts";

const lisbon = { latitude: 38.7223, longitude: -9.1393, country: "PT" };
const porto = { latitude: 41.1579, longitude: -8.6291, country: "PT" };
const lima = { latitude: -12.0464, longitude: -77.0428, country: "PE" };

const at = (atMs: number, fields: Step["fields"]): Step => ({
  atMs,
  amount: 20_000,
  fields: { channel: "card_present", ...fields },
});

const plots: readonly Plot[] = [
  {
    title: "a shop in Lisbon, then a machine in Lima",
    steps: [at(0, lisbon), at(3_000, { ...lima, channel: "atm" })],
    alerts: [raised(0, 1)],
  },
  {
    title: "two countries, no coordinates",
    steps: [at(0, { country: "PT" }), at(3_000, { country: "PE" })],
    alerts: [raised(0, 1)],
  },
  {
    title: "another shop in Lisbon arrives late: other causes",
    steps: [at(0, lisbon), { ...at(1_000, lisbon), sentAtMs: 4_000 }, at(3_000, lima)],
    alerts: [raised(0, 2), withdrawn(0, 2), raised(1, 2)],
  },
  {
    title: "an online payment in between",
    steps: [at(0, lisbon), at(1_000, { ...porto, channel: "online" }), at(3_000, lima)],
    alerts: [raised(0, 2)],
  },
  { title: "Lisbon, then Porto: below 500 km", steps: [at(0, porto), at(3_000, lisbon)], alerts: [] },
  {
    title: "an online payment in Lima",
    steps: [at(0, lisbon), at(3_000, { ...lima, channel: "online" })],
    alerts: [],
  },
  { title: "no place at all", steps: [at(0, lisbon), at(3_000, {})], alerts: [] },
  { title: "Lisbon on this account, Lima on the next", steps: [at(0, lisbon)], alerts: [] },
];

/** In Lisbon, where each story ends that is no match; after a match an account starts afresh. */
const sentinel: readonly Step[] = [at(5_000, lisbon), at(6_000, lima)];

/** The scenario with ids and times of its own. */
export function impossibleTravel(options: ScenarioOptions): Scenario {
  const title = "two places that no flight joins in the time between";
  return tell({ name: "impossible-travel", rule: "impossible-travel", title, plots, sentinel }, options);
}
