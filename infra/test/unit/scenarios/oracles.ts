// What each rule finds in a whole account, for the scenarios: looks back from each transaction, shares nothing with the
// pipeline. The causes of each alert, as ids. Only as much of each rule as its scenario tells of.

import type { TransactionInput } from "@riffle/contracts";

/** Looks for alerts in an account's transactions, in order of event time. */
export type Oracle = (inOrder: readonly TransactionInput[]) => string[][];

const at = ({ occurredAt }: TransactionInput): number => Date.parse(occurredAt);
const idsOf = (causes: readonly TransactionInput[]): string[] => causes.map(({ id }) => id);

/** A large one, the latest three small ones before it; then afresh. */
const cardTesting: Oracle = (inOrder) => {
  const purchases = inOrder.filter(({ type }) => type === "purchase");
  const alerts: string[][] = [];
  let from = 0;
  for (const [index, last] of purchases.entries()) {
    const causes = purchases
      .slice(from, index)
      .filter((one) => one.amount < 10_000 && at(last) - at(one) <= 300_000);
    if (last.amount <= 100_000 || causes.length < 3) continue;
    alerts.push(idsOf([...causes.slice(-3), last]));
    from = index + 1;
  }
  return alerts;
};

/** Two neighbours in different countries, seconds apart; then afresh. */
const impossibleTravel: Oracle = (inOrder) => {
  const placed = inOrder.filter(({ channel, country }) => channel !== "online" && country !== undefined);
  const alerts: string[][] = [];
  for (let index = 1; index < placed.length; index++) {
    const pair = placed.slice(index - 1, index + 1);
    if (pair[0]?.country === pair[1]?.country) continue;
    alerts.push(idsOf(pair));
    index++;
  }
  return alerts;
};

/** One that is more than 3 times the mean of ten before it, and more than 4 deviations above. */
const amountAboveMean: Oracle = (inOrder) =>
  inOrder.flatMap((last, index) => {
    const earlier = inOrder
      .slice(0, index)
      .filter((one) => one.currency === last.currency)
      .map(({ amount }) => amount);
    const mean = earlier.reduce((sum, one) => sum + one, 0) / earlier.length;
    const deviation = Math.sqrt(earlier.reduce((sum, one) => sum + (one - mean) ** 2, 0) / earlier.length);
    const isFar = last.amount > 3 * mean && last.amount > mean + 4 * deviation;
    const counts = last.type === "purchase" && last.amount >= 50_000 && earlier.length >= 10;
    return counts && isFar ? [[last.id]] : [];
  });

/** A transfer after the first use of a device that the account did not know; then afresh. */
const takeOver: Oracle = (inOrder) => {
  const alerts: string[][] = [];
  let from = 0;
  for (const [index, last] of inOrder.entries()) {
    const first = inOrder.slice(from, index).findLast((one) => {
      const before = inOrder.slice(0, inOrder.indexOf(one)).flatMap(({ deviceId }) => deviceId ?? []);
      const isNew = one.deviceId !== undefined && before.length > 0 && !before.includes(one.deviceId);
      return isNew && (last.deviceId === undefined || last.deviceId === one.deviceId);
    });
    if (last.type !== "transfer" || first === undefined) continue;
    alerts.push(idsOf([first, last]));
    from = index + 1;
  }
  return alerts;
};

/** By the name of the scenario. */
export const oracles: ReadonlyMap<string, Oracle> = new Map([
  ["card-testing", cardTesting],
  ["impossible-travel", impossibleTravel],
  ["amount-above-mean", amountAboveMean],
  ["take-over", takeOver],
]);
