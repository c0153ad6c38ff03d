// Take-over: a telephone that the account does not know is registered, and moves the money.
//
// The pattern: a transaction from a device that is new to the account, then a transfer from it within 30 minutes. Each
// story below is that, or is one step short of it.

import { type Plot, raised, type ScenarioOptions, type Step, tell, withdrawn } from "./plot.ts";
import type { Scenario } from "./scenario.ts";

const use = (atMs: number, deviceId: string): Step => ({ atMs, amount: 20_000, fields: { deviceId } });
const transfer = (atMs: number, deviceId?: string): Step => ({
  atMs,
  amount: 40_000,
  fields: { type: "transfer", channel: "transfer", ...(deviceId === undefined ? {} : { deviceId }) },
});

const own = use(0, "own");

const plots: readonly Plot[] = [
  {
    title: "a new device, then a transfer from it",
    steps: [own, use(1_000, "theirs"), transfer(3_000, "theirs")],
    alerts: [raised(1, 2)],
  },
  {
    title: "a new device, then a transfer that names none",
    steps: [own, use(1_000, "theirs"), transfer(3_000)],
    alerts: [raised(1, 2)],
  },
  {
    title: "the new device's first use arrives after the transfer",
    steps: [own, { ...use(1_000, "theirs"), sentAtMs: 4_000 }, transfer(3_000, "theirs")],
    alerts: [raised(1, 2)],
  },
  {
    title: "an earlier use of it arrives late: other causes",
    steps: [own, { ...use(500, "theirs"), sentAtMs: 4_000 }, use(1_000, "theirs"), transfer(3_000, "theirs")],
    alerts: [raised(2, 3), withdrawn(2, 3), raised(1, 3)],
  },
  {
    title: "the account's first device",
    steps: [use(1_000, "own"), transfer(3_000, "own")],
    alerts: [],
  },
  {
    title: "a new device, then a transfer from the known one",
    steps: [own, use(1_000, "theirs"), transfer(3_000, "own")],
    alerts: [],
  },
  {
    title: "a new device, then a purchase from it",
    steps: [own, use(1_000, "theirs"), use(3_000, "theirs")],
    alerts: [],
  },
  { title: "a transfer, the new device's first use", steps: [own, transfer(3_000, "theirs")], alerts: [] },
];

/** From a device of its own, so that none of the story's can be its cause. */
const sentinel: readonly Step[] = [use(5_000, "sentinel"), transfer(6_000, "sentinel")];

/** The scenario with ids and times of its own. */
export function takeOver(options: ScenarioOptions): Scenario {
  const title = "a new device, then a transfer from it, within 30 minutes";
  return tell({ name: "take-over", rule: "take-over", title, plots, sentinel }, options);
}
