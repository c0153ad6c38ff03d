// Frauds and their near-misses, one for each rule of the fraud detector: what happens on one account, step by step.
//
//   S1. Steps lie seconds apart where order matters, so that one which arrives late, within grace, makes or breaks a
//       match; some arrive too late to count.
//   S2. A story says what happens, not what it is worth: that is the reference model's to say.

import type { Transaction } from "@riffle/contracts";
import { between, pick, type Random } from "./random.ts";

/** One transaction of a story. */
export interface Step {
  /** Event time after the story's beginning, milliseconds. */
  readonly atMs: number;
  readonly fields: Partial<Transaction> & Pick<Transaction, "amount">;
  /** How much later it is sent than it happened, milliseconds. Default 0. */
  readonly delayMs?: number;
}

/** What the stories are told with. */
export interface StoryOptions {
  /** How long a dormant account is silent, milliseconds. */
  readonly silentMs: number;
}

type Story = (random: Random, options: StoryOptions) => Step[];

const secondMs = 1_000;
const minuteMs = 60_000;

/** Times that rise by a random step. */
const rising = (random: Random, count: number, stepMinMs: number, stepMaxMs: number): number[] => {
  let atMs = 0;
  return Array.from({ length: count }, (_, i) => {
    if (i > 0) atMs += between(random, stepMinMs, stepMaxMs);
    return atMs;
  });
};

const cardTesting: Story = (random) => {
  const kind = pick(random, ["fraud", "fraud", "fraud", "two", "slow", "on-time", "first", "not-large"]);
  const count = kind === "two" ? 2 : between(random, 3, 4);
  const stepMaxMs = pick(random, [9 * secondMs, 80 * secondMs]);
  const times = rising(random, count + 1, 1, stepMaxMs);
  const small = (atMs: number): Step => ({ atMs, fields: { amount: between(random, 100, 9_999) } });
  const last = times.at(-1) ?? 0;
  const exactly = { slow: 5 * minuteMs + 1, "on-time": 5 * minuteMs };
  const largeAtMs = kind === "slow" || kind === "on-time" ? (times[count - 3] ?? 0) + exactly[kind] : last;
  const amount = kind === "not-large" ? 100_000 : between(random, 100_001, 900_000);
  const large = { atMs: kind === "first" ? 0 : largeAtMs, fields: { amount } };
  const smalls = times.slice(0, count).map((atMs) => small(atMs + (kind === "first" ? secondMs : 0)));
  const again = random() < 0.2 ? [{ atMs: largeAtMs + secondMs, fields: { amount } }] : [];
  return [...smalls, large, ...again];
};

const lisbon = { latitude: 38.72, longitude: -9.14, country: "PT" };
const porto = { latitude: 41.16, longitude: -8.63, country: "PT" };
const lima = { latitude: -12.05, longitude: -77.04, country: "PE" };

const impossibleTravel: Story = (random) => {
  const places = [lisbon, lisbon, porto, lima, { country: "PT" }, { country: "PE" }, {}] as const;
  const channels = ["card_present", "card_present", "atm", "online"] as const;
  const stepMaxMs = pick(random, [8 * secondMs, 20 * minuteMs]);
  return rising(random, between(random, 2, 5), secondMs, stepMaxMs).map((atMs) => ({
    atMs,
    fields: {
      amount: between(random, 10_000, 40_000),
      channel: pick(random, channels),
      ...pick(random, places),
    },
  }));
};

const velocityBurst: Story = (random) => {
  const count = pick(random, [9, 10, 10, 12, 19, 20, 23]);
  const stepMaxMs = pick(random, [2 * secondMs, 6_600, 9 * secondMs]);
  return rising(random, count, 1, stepMaxMs).map((atMs) => ({
    atMs,
    fields: {
      amount: between(random, 10_000, 40_000),
      type: pick(random, ["purchase", "withdrawal", "transfer"]),
    },
  }));
};

const amountAboveMean: Story = (random) => {
  const currency = pick(random, ["EUR", "USD"]);
  const usual = between(random, 2_000, 30_000);
  const pay = (atMs: number, amount: number): Step => ({ atMs, fields: { amount, currency } });
  const times = rising(random, pick(random, [9, 10, 10, 11, 14]), secondMs, 15 * secondMs);
  const steps = times.map((atMs) => pay(atMs, usual + between(random, -500, 500)));
  const farMs = (times.at(-1) ?? 0) + between(random, 2, 15) * secondMs;
  const far = pay(farMs, pick(random, [50_000, 50_000, 3 * usual, 3 * usual + 1_600, 12 * usual]));
  if (random() < 0.6) return [...steps, far];
  // As much as raises nothing itself pulls the mean up, and arrives when the one far above it has been seen.
  const pulls = Array.from({ length: between(random, 1, 6) }, (_, i) => pay(farMs - i - 1, 49_999));
  return [...steps, ...pulls.map((one, i) => ({ ...one, delayMs: (i + 2) * secondMs })), far];
};

const dormantAccount: Story = (random, { silentMs }) => {
  const quietMs = silentMs + pick(random, [0, -1, between(random, 1, minuteMs)]);
  const large: Step["fields"] = {
    amount: pick(random, [50_000, 50_001, 250_000]),
    type: pick(random, ["transfer", "withdrawal"]),
  };
  const wokenMs = quietMs + between(random, 0, 8 * secondMs);
  const small = { amount: between(random, 100, 20_000) };
  const steps: Step[] = [{ atMs: 0, fields: small }];
  if (random() < 0.5) steps.push({ atMs: quietMs, fields: small });
  if (random() < 0.3) steps.push({ atMs: quietMs - between(random, 1, 5 * secondMs), fields: small });
  return [...steps, { atMs: wokenMs, fields: large }, { atMs: wokenMs + secondMs, fields: large }];
};

const takeOver: Story = (random) => {
  const use = (atMs: number, deviceId: string): Step => ({
    atMs,
    fields: { amount: between(random, 10_000, 40_000), deviceId },
  });
  const firstMs = between(random, 2, 40) * secondMs;
  const soonMs = between(random, 1, 9 * secondMs);
  const gapMs = pick(random, [soonMs, soonMs, 15 * minuteMs, 15 * minuteMs + 1]);
  const from = pick(random, [{ deviceId: "theirs" }, { deviceId: "theirs" }, {}, { deviceId: "own" }]);
  const amount = between(random, 10_000, 90_000);
  const steps = [use(0, "own"), use(firstMs, pick(random, ["theirs", "theirs", "theirs", "own"]))];
  if (random() < 0.3) steps.push(use(Math.max(0, firstMs - 3 * secondMs), pick(random, ["theirs", "third"])));
  return [...steps, { atMs: firstMs + gapMs, fields: { amount, type: "transfer", ...from } }];
};

const stories = [
  cardTesting,
  impossibleTravel,
  velocityBurst,
  amountAboveMean,
  dormantAccount,
  takeOver,
] as const satisfies readonly Story[];

/** One story, drawn; half of them have steps that arrive late, some too late. */
export const drawStory = (random: Random, options: StoryOptions): Step[] => {
  const steps = pick<Story>(random, stories)(random, options).toSorted((a, b) => a.atMs - b.atMs);
  const chance = random();
  if (chance < 0.5) return steps;
  return chance < 0.8 ? overtaken(random, steps) : delayed(random, steps);
};

/**
 * What came before the last step happened once more, directly before itself or before the last step, and arrives after
 * it, within grace: the last one's match has other causes, or none.
 */
const overtaken = (random: Random, steps: readonly Step[]): Step[] => {
  const [before, last] = steps.slice(-2);
  if (before === undefined || last === undefined) return [...steps];
  const atMs = Math.max(0, pick(random, [before, last]).atMs - between(random, 1, 1_500));
  if (last.atMs - atMs > 15 * secondMs) return [...steps];
  return [...steps, { ...before, atMs, delayMs: last.atMs - atMs + between(random, 1, 5 * secondMs) }];
};

/** Some steps arrive late, a few of them too late. */
const delayed = (random: Random, steps: readonly Step[]): Step[] =>
  steps.map((step) => {
    const chance = random();
    if (chance > 0.35) return step;
    const isTooLate = chance < 0.03;
    return { ...step, delayMs: isTooLate ? between(random, 31_000, 60_000) : between(random, 1, 20_000) };
  });
