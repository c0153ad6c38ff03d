// Impossible travel
//
// A waiter in Lisbon swipes your card twice, once through the till and once through a box under the counter. The stripe
// is sold the same night. While you pay for breakfast in Lisbon, a copy takes money from a machine in Lima. Nobody can be
// in both places: the flight takes half a day, and the two transactions are forty minutes apart.
//
// The pattern, per account: two transactions with the card at hand, one directly after the other, whose places lie
// further apart than a flight gets in the time between.
//
//   I1. Only what needs the card at the place counts: channel `card_present` or `atm`. Where an online payment was made
//       says nothing about where anybody is. A transaction without coordinates and without country has no place and is
//       not looked at, not even as one in between.
//   I2. When both have coordinates they decide: the great-circle distance is more than 500 km, and more than 900 km/h
//       times the time between. Exactly 500 km, or exactly 900 km/h, is possible. The distance that is always
//       possible is there because terminals are registered at the seat of their shop.
//   I3. Otherwise, when both have a country: another country, at most 60 minutes later, inclusive. There is no table of
//       borders: who pays on both sides of one within the hour raises an alert. Send coordinates, or lower the time.
//   I4. "Directly after" is among transactions with a place, in order of event time, ties by offset. By the triangle
//       inequality a pair that is impossible has an impossible pair of neighbours between, distances that are always
//       possible aside.
//   I5. After a match the account starts afresh: the second place is not the first of another pair.
//
// State per account is constant: the last transaction with a place, for the time of the longest flight, and what is
// younger than grace.

import type { Transaction } from "@riffle/contracts";
import {
  type KeyedPatternState,
  keyValueStore,
  type Pattern,
  patternOf,
  skipPastLast,
} from "@riffle/streams";
import type { Finding } from "../alert-of.ts";
import { formatLater } from "../duration.ts";
import { tookMs } from "../evidence.ts";
import { distanceKm, longestKm, type Place } from "../geography.ts";
import { patternRule } from "../pattern-rule.ts";
import type { Rule } from "../rule.ts";

/** The parameters of the pattern. */
export interface ImpossibleTravelParameters {
  /** How fast anybody gets from one place to another, kilometres an hour. */
  readonly kmhMax: number;
  /** A distance that is always possible, kilometres. */
  readonly kmMin: number;
  /** Two countries closer in time than this, inclusive, when coordinates are missing, milliseconds. */
  readonly countriesWithinMs: number;
}

type Steps = "here" | "there";

const hourMs = 3_600_000;

/** The pattern's state of each account. */
export const impossibleTravelStore =
  keyValueStore<KeyedPatternState<Transaction, Steps>>("impossible-travel-matches");

/** Whether the transaction needs the card at a place that is known. */
export const hasPlace = (transaction: Transaction): boolean => {
  const { channel, country } = transaction;
  const isAtHand = channel === "card_present" || channel === "atm";
  return isAtHand && (country !== undefined || placeOf(transaction) !== undefined);
};

/** Whether nobody gets from one to the other in the time between, milliseconds. */
export const isImpossible = (
  { kmhMax, kmMin, countriesWithinMs }: ImpossibleTravelParameters,
  here: Transaction,
  there: Transaction,
  betweenMs: number,
): boolean => {
  const km = kmBetween(here, there);
  if (km !== undefined) return km > kmMin && km * hourMs > kmhMax * betweenMs;
  const isElsewhere =
    here.country !== undefined && there.country !== undefined && here.country !== there.country;
  return isElsewhere && betweenMs <= countriesWithinMs;
};

/** The pattern in the engine's language. */
export const impossibleTravelPattern = (
  parameters: ImpossibleTravelParameters,
): Pattern<Transaction, Steps> =>
  patternOf<Transaction>()
    .begin("here")
    .next("there")
    .where((there, match) => {
      const here = match.events("here")[0];
      if (here === undefined) return false;
      return isImpossible(parameters, here.value, there, match.current.eventTimeMs - here.eventTimeMs);
    })
    .within(longestFlightMs(parameters))
    .afterMatch(skipPastLast());

/** The rule. */
export const impossibleTravelRule = (parameters: ImpossibleTravelParameters, graceMs: number): Rule =>
  patternRule({
    name: "impossible-travel",
    version: 1,
    severity: "high",
    store: impossibleTravelStore,
    pattern: impossibleTravelPattern(parameters),
    graceMs,
    isAbout: hasPlace,
    reason: reasonOf,
  });

/** Longer apart than this, nothing is impossible. */
const longestFlightMs = ({ kmhMax, countriesWithinMs }: ImpossibleTravelParameters): number =>
  Math.max(countriesWithinMs, Math.ceil((longestKm / kmhMax) * hourMs));

const placeOf = ({ latitude, longitude }: Transaction): Place | undefined =>
  latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };

const kmBetween = (here: Transaction, there: Transaction): number | undefined => {
  const from = placeOf(here);
  const to = placeOf(there);
  return from === undefined || to === undefined ? undefined : distanceKm(from, to);
};

/** `card at hand in PT and, 40 min later, in PE`, `card at hand in PT and, 40 min later, 9,007 km away in PE`. */
const reasonOf = (evidence: Finding["evidence"]): string => {
  const here = evidence[0];
  const there = evidence.at(-1) ?? here;
  const km = kmBetween(here, there);
  const inCountry = ({ country }: Transaction): string => (country === undefined ? "" : ` in ${country}`);
  const away = km === undefined ? "" : ` ${thousands(km)} km away`;
  return `card at hand${inCountry(here)} and, ${formatLater(tookMs(evidence))},${away}${inCountry(there)}`;
};

const thousands = (km: number): string => String(Math.round(km)).replace(/\B(?=(\d{3})+$)/g, ",");
