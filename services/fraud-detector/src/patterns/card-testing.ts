// Card testing
//
// Somebody has bought a list of stolen cards and does not know which of them still work. A program tries each one
// where nobody looks: a song, a parking ticket, a donation of two euros. Three of these go through on your card within
// a minute. Now it is known to be good, and before you look at your phone it pays for a telephone at 1,200.00.
//
// The pattern, per account: at least 3 purchases below 100.00, then one above 1,000.00, all within 5 minutes.
//
//   C1. "Within" is inclusive: event time of the large minus that of the first small is at most 5 minutes.
//   C2. Other transactions may stand between (relaxed contiguity); only purchases count.
//   C3. Exactly 100.00 is not small, exactly 1,000.00 is not large. Each purchase is judged in units of its own
//       currency; purchases in different currencies count together, for it is one card that is being tested.
//   C4. Order is event time, ties by offset. The smalls that count are the latest ones before the large.
//   C5. After a match the account starts afresh: nothing up to that large purchase counts again, even if it comes late.
//
// Known limit: a small that arrives after the large which it precedes in event time does not complete the pattern.
//
// Pure: (rules, state, purchase) → state and, when the pattern completes, its evidence. State per account is
// constant: the latest smalls, as many as are needed, and where the last match ended.

import { minorUnitExponent, type Transaction } from "@riffle/contracts";

/** The parameters of the pattern. */
export interface CardTestingRules {
  /** A purchase below this many units of its currency is small. */
  readonly smallBelow: number;
  /** A purchase above this many units of its currency is large. */
  readonly largeAbove: number;
  /** How many smalls there are at least. */
  readonly smallsMin: number;
  /** Longest time from the first small to the large, milliseconds, inclusive. */
  readonly withinMs: number;
}

/** A place in an account's history: event time in epoch milliseconds, ties by offset. */
export interface Position {
  readonly eventTimeMs: number;
  readonly offset: number;
}

/** A transaction and its place. */
export interface Placed extends Position {
  readonly transaction: Transaction;
}

/** What is remembered of an account. */
export interface CardTestingState {
  /** The latest smalls in order, at most `smallsMin`. */
  readonly smalls: readonly Placed[];
  /** Where the last match ended; `null` before the first. */
  readonly matchedAt: Position | null;
}

/** What a transaction did. */
export interface CardTestingStep {
  /** The state after it; the very same object when nothing changed, `undefined` while there is none. */
  readonly state: CardTestingState | undefined;
  /** The smalls and the large, in order, when the pattern completed. */
  readonly evidence?: readonly Transaction[];
}

/** Takes one transaction of an account. */
export const stepCardTesting = (
  rules: CardTestingRules,
  state: CardTestingState | undefined,
  placed: Placed,
): CardTestingStep => {
  if (placed.transaction.type !== "purchase") return { state };
  if (state?.matchedAt && !isBefore(state.matchedAt, placed)) return { state };
  if (isSmall(rules, placed.transaction)) return { state: withSmall(rules, state, placed) };
  return state !== undefined && isLarge(rules, placed.transaction)
    ? withLarge(rules, state, placed)
    : { state };
};

/** The event time of the newest thing an account's state knows, epoch milliseconds. */
export const newestEventTimeMs = ({ smalls, matchedAt }: CardTestingState): number =>
  Math.max(smalls.at(-1)?.eventTimeMs ?? -1, matchedAt?.eventTimeMs ?? -1);

const isBefore = (a: Position, b: Position): boolean =>
  a.eventTimeMs < b.eventTimeMs || (a.eventTimeMs === b.eventTimeMs && a.offset < b.offset);

const minorUnits = (units: number, currency: string): number => units * 10 ** minorUnitExponent(currency);

const isSmall = ({ smallBelow }: CardTestingRules, { amount, currency }: Transaction): boolean =>
  amount < minorUnits(smallBelow, currency);

const isLarge = ({ largeAbove }: CardTestingRules, { amount, currency }: Transaction): boolean =>
  amount > minorUnits(largeAbove, currency);

const withSmall = (
  { smallsMin }: CardTestingRules,
  state: CardTestingState | undefined,
  small: Placed,
): CardTestingState => {
  const known = state?.smalls ?? [];
  const before = known.filter((other) => isBefore(other, small));
  const after = known.slice(before.length);
  return { smalls: [...before, small, ...after].slice(-smallsMin), matchedAt: state?.matchedAt ?? null };
};

const withLarge = (rules: CardTestingRules, state: CardTestingState, large: Placed): CardTestingStep => {
  const smalls = state.smalls.filter((small) => isBefore(small, large));
  const first = smalls[0];
  const isComplete = first !== undefined && smalls.length >= rules.smallsMin;
  if (!isComplete || large.eventTimeMs - first.eventTimeMs > rules.withinMs) return { state };
  return {
    state: { smalls: [], matchedAt: { eventTimeMs: large.eventTimeMs, offset: large.offset } },
    evidence: [...smalls, large].map(({ transaction }) => transaction),
  };
};
