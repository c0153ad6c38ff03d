// What each rule means, the plain way: the whole history of an account in order, every earlier transaction looked at
// for every transaction. Shares the contracts with the service, and no other code. Amounts are in EUR.

import type { RuleName, Transaction } from "@riffle/contracts";

/** A transaction and its event time. */
export interface Past {
  readonly atMs: number;
  readonly transaction: Transaction;
}

/** Parameters small enough for a history of a fraction of a second. */
export const oracleEnv = {
  CARD_TESTING_SMALLS_MIN: "2",
  CARD_TESTING_WITHIN_MS: "90",
  IMPOSSIBLE_TRAVEL_KMH_MAX: "100000",
  IMPOSSIBLE_TRAVEL_KM_MIN: "0",
  IMPOSSIBLE_TRAVEL_COUNTRIES_WITHIN_MS: "30",
  VELOCITY_BURST_TRANSACTIONS_MIN: "4",
  VELOCITY_BURST_WITHIN_MS: "40",
  AMOUNT_ABOVE_MEAN_AMOUNT_MIN: "1",
  AMOUNT_ABOVE_MEAN_EARLIER_MIN: "3",
  AMOUNT_ABOVE_MEAN_TIMES: "2",
  AMOUNT_ABOVE_MEAN_DEVIATIONS: "1",
  DORMANT_ACCOUNT_AWAKENED_SILENT_MS: "30",
  DORMANT_ACCOUNT_AWAKENED_WITHIN_MS: "25",
  DORMANT_ACCOUNT_AWAKENED_RETENTION_MS: "70",
  TAKE_OVER_WITHIN_MS: "40",
  TAKE_OVER_DEVICES_MAX: "2",
  TAKE_OVER_RETENTION_MS: "80",
};

type Oracle = (history: readonly Past[]) => readonly (readonly Past[])[];

const isPayment = ({ type }: Transaction): boolean => type !== "deposit" && type !== "refund";

const cardTesting: Oracle = (history) => {
  const found: Past[][] = [];
  let afresh = 0;
  for (const [i, last] of history.entries()) {
    if (last.transaction.type !== "purchase" || last.transaction.amount <= 100_000) continue;
    const smalls = history
      .slice(afresh, i)
      .filter(({ transaction: { type, amount } }) => type === "purchase" && amount < 10_000)
      .filter(({ atMs }) => last.atMs - atMs <= 90);
    if (smalls.length < 2) continue;
    found.push([...smalls.slice(-2), last]);
    afresh = i + 1;
  }
  return found;
};

const impossibleTravel: Oracle = (history) => {
  const placed = history.filter(
    ({ transaction: { channel, country, latitude } }) =>
      (channel === "atm" || channel === "card_present") && (country !== undefined || latitude !== undefined),
  );
  const found: Past[][] = [];
  for (let i = 1; i < placed.length; i++) {
    const [here, there] = [placed[i - 1], placed[i]] as [Past, Past];
    if (!isImpossible(here, there)) continue;
    found.push([here, there]);
    i++;
  }
  return found;
};

const isImpossible = ({ atMs, transaction: here }: Past, { atMs: laterMs, transaction: there }: Past) => {
  if (here.latitude !== undefined && there.latitude !== undefined) {
    // On one meridian a degree is the 360th part of the circumference, and 100,000 km/h are 1 km in 36 ms.
    const km = (Math.abs(there.latitude - here.latitude) / 360) * 2 * Math.PI * 6_371.0088;
    return km > 0 && km * 36 > laterMs - atMs;
  }
  if (here.country === undefined || there.country === undefined) return false;
  return here.country !== there.country && laterMs - atMs <= 30;
};

const velocityBurst: Oracle = (history) => {
  const found: Past[][] = [];
  let afresh = 0;
  for (const [i, last] of history.entries()) {
    const four = history.slice(Math.max(afresh, i - 3), i + 1);
    if (four.length < 4 || last.atMs - (four[0]?.atMs ?? 0) > 40) continue;
    found.push(four);
    afresh = i + 1;
  }
  return found;
};

const amountAboveMean: Oracle = (history) => {
  const payments = history.filter(({ transaction }) => isPayment(transaction));
  return payments.flatMap((last, i) => {
    const { amount } = last.transaction;
    const earlier = payments.slice(0, i).map(({ transaction }) => transaction.amount);
    const mean = earlier.reduce((sum, n) => sum + n, 0) / i;
    const deviation = Math.sqrt(earlier.reduce((sum, n) => sum + (n - mean) ** 2, 0) / i);
    return i >= 3 && amount >= 100 && amount > 2 * mean && amount > mean + deviation ? [[last]] : [];
  });
};

const dormantAccountAwakened: Oracle = (history) => {
  const found: Past[][] = [];
  let told: Past | undefined;
  for (const [i, last] of history.entries()) {
    const awakenings = history.slice(0, i + 1).filter(({ atMs }, at) => {
      const quietMs = atMs - (history[at - 1]?.atMs ?? atMs);
      return at > 0 && quietMs >= 30 && quietMs <= 70;
    });
    const woken = awakenings.at(-1);
    if (woken === undefined || woken === told || last.atMs - woken.atMs > 25) continue;
    if (!isPayment(last.transaction) || last.transaction.amount <= 50_000) continue;
    found.push(woken === last ? [last] : [woken, last]);
    told = woken;
  }
  return found;
};

const takeOver: Oracle = (history) => {
  const found: Past[][] = [];
  let afresh = 0;
  const isNew = ({ atMs, transaction: { deviceId } }: Past, at: number): boolean => {
    // Latest use first; each device once, two of them, and the latest use is what counts.
    const seen = history.slice(0, at).toReversed();
    const known = [...new Set(seen.map(({ transaction }) => transaction.deviceId))].filter(
      (id) => id !== undefined,
    );
    const fresh = known
      .slice(0, 2)
      .filter((id) => atMs - (seen.find(({ transaction }) => transaction.deviceId === id)?.atMs ?? 0) <= 80);
    return deviceId !== undefined && fresh.length > 0 && !fresh.includes(deviceId);
  };
  for (const [i, last] of history.entries()) {
    const { type, deviceId } = last.transaction;
    const first = history
      .slice(0, i)
      .filter((past, at) => at >= afresh && last.atMs - past.atMs <= 40 && isNew(past, at))
      .findLast(({ transaction }) => deviceId === undefined || transaction.deviceId === deviceId);
    if (type !== "transfer" || first === undefined) continue;
    found.push([first, last]);
    afresh = i + 1;
  }
  return found;
};

/** By rule: what each of an alert's causes is called, told from what it is where that is enough. */
export const stepsOf: Readonly<Record<RuleName, (causes: readonly Past[]) => readonly string[]>> = {
  "card-testing": (causes) =>
    causes.map(({ transaction: { amount } }) => (amount > 100_000 ? "large" : "small")),
  "impossible-travel": () => ["here", "there"],
  "velocity-burst": () => ["burst", "burst", "burst", "last"],
  "amount-above-mean": () => ["payment"],
  "dormant-account-awakened": (causes) =>
    causes.length === 2 ? ["awakening", "payment"] : ["awakening-payment"],
  "take-over": () => ["device", "transfer"],
};

/** By rule: the causes of its alerts, in a whole history of one account. */
export const oracles: Readonly<Record<RuleName, Oracle>> = {
  "card-testing": cardTesting,
  "impossible-travel": impossibleTravel,
  "velocity-burst": velocityBurst,
  "amount-above-mean": amountAboveMean,
  "dormant-account-awakened": dormantAccountAwakened,
  "take-over": takeOver,
};
