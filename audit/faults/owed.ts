// What a campaign owes besides kept promises: faults of every kind and at every fail-point, work done meanwhile, and conditions
// met. Without them it proves less than it says.
//
//   O1. Owed is what the mix says, for each round that was finished; a round that the time cut short owes nothing.
//   O2. Kills, damaged files, cuts and dying brokers need nobody: all are owed. What must meet a pipeline at work (a frame
//       of one kind, a stop in the middle of a commit, a replica that gets ready while brokers die) may be missed on a
//       slow machine after all tries: the mix has a few to spare of these (`spares` of plan.ts), and says how many.
//   O3. Each fail-point is owed by its name: of three rounds' worth one may be missed. Of a single round, which passes each but
//       once, one of all may be.
//   O4. Rare conditions are owed by three rounds, the others by each.

import { failPoints } from "@riffle/streams";
import type { LedgerEntry } from "./ledger.ts";
import { type FaultMix, spares } from "./plan.ts";
import { rareConditions } from "./sometimes.ts";

/** Less than this a second, and the attack has stopped the pipeline instead of testing it. */
const acceptedPerSecondMin = 10;

/** A look at all stages takes some seconds and a pause; brokers that die cut some short. */
const looksMin = 10;

/** How many of a fail-point there may be to each one that is missed; so many rounds owe what is rare, too. */
const failPointsToOneMissed = 3;
const roundsToRare = 3;

const sum = (faults: LedgerEntry["faults"], prefix: string): number =>
  Object.entries(faults).reduce((total, [name, count]) => total + (name.startsWith(prefix) ? count : 0), 0);

type Owed = readonly [what: string, found: number, least: number];

const faultsOwed = ({ faults, rounds }: LedgerEntry, mix: FaultMix): Owed[] => {
  const { kills, processes, network } = rounds;
  const pointsOwed = processes * mix.failPoints;
  return [
    ["kill -9 at random", sum(faults, "kill "), kills * mix.kills],
    ...failPointsOwed(faults, pointsOwed),
    ["zombies", sum(faults, "zombie "), processes * (mix.zombies - spares.zombies)],
    ["damaged copies of state", sum(faults, "torn state "), processes * mix.tornStates],
    ["instances added", sum(faults, "scale-out "), processes * (mix.scales - spares.scales)],
    ["instances removed", sum(faults, "scale-in "), processes * (mix.scales - spares.scales)],
    ["EndTxn frames harmed", sum(faults, "EndTxn "), network * (mix.endTxns - spares.endTxns)],
    ["other answers lost", sum(faults, "lost "), network * (mix.lostAnswers - spares.lostAnswers)],
    ["brokers cut off", sum(faults, "broker cut off"), network * mix.cuts],
    ["brokers killed", sum(faults, "broker killed"), network * mix.brokerKills],
    ["brokers paused", sum(faults, "broker paused"), network * mix.brokerPauses],
  ];
};

/** O3 */
const failPointsOwed = (faults: LedgerEntry["faults"], pointsOwed: number): Owed[] => {
  const least = pointsOwed - Math.floor(pointsOwed / failPointsToOneMissed);
  const owed = failPoints.map(
    (point): Owed => [`fail-point ${point}`, faults[`fail-point ${point}`] ?? 0, least],
  );
  const missed = owed.filter(([, found]) => found < least);
  return pointsOwed === 1 && missed.length === 1 ? [] : owed;
};

const workOwed = ({ effects, rounds }: LedgerEntry): Owed[] => [
  ...Object.entries(rounds).map(([lane, finished]): Owed => [`finished rounds of ${lane}`, finished, 1]),
  ["looks at atomicity", effects["looksAtAtomicity"] ?? 0, looksMin],
  ["unreadable records", effects["unreadable"] ?? 0, 1],
  ["dead letters", effects["deadLetters"] ?? 0, 1],
  ["accepted a second", effects["acceptedPerSecond"] ?? 0, acceptedPerSecondMin],
];

/** What was owed and not done, in words. */
export const shortcomings = (entry: LedgerEntry, mix: FaultMix): string[] => [
  ...[...faultsOwed(entry, mix), ...workOwed(entry)]
    .filter(([, found, least]) => found < least)
    .map(([what, found, least]) => `${what}: ${found}, at least ${least} are owed`),
  ...Object.entries(entry.sometimes)
    .filter(
      ([name, count]) => count === 0 && (!rareConditions.has(name) || entry.rounds.kills >= roundsToRare),
    )
    .map(([name]) => `never seen: ${name}`),
];
