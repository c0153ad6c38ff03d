// After-match skip strategies: what is forgotten once a match is out.
//
// A strategy says, by the position at which a match in the making began, which of them are discarded: an interval
// `[from, to)` of positions in the key's history. Matches that complete with the same event are taken in order of
// preference (preference.ts), so each of them may discard those after it.
//
// Example, `b+` and then directly `c`, events b1 b2 b3 c:
//
//   noSkip           b1 b2 b3 c,  b2 b3 c,  b3 c     nothing is discarded
//   skipToNext       b1 b2 b3 c,  b2 b3 c,  b3 c     what began at b1 is discarded, and nothing else did
//   skipPastLast     b1 b2 b3 c                      what began at or before c is discarded
//   skipToFirst(b)   b1 b2 b3 c,  b2 b3 c,  b3 c     what began at b1 or later, but before b1: nothing
//   skipToLast(b)    b1 b2 b3 c,  b3 c               what began at b1 or later, but before b3
//
// A match that began earlier than the one that is out and is still in the making goes on, except with skipPastLast,
// after which the key starts afresh: no event is in two matches.

/** Which of the matches that complete with the same event comes first, and so survives `skipPastLast`. */
export type Evidence = "earliest" | "latest";

/** What happens to other matches in the making when a match is out. Made by the functions of this file. */
export interface SkipStrategy<S extends string = never> {
  readonly kind: "noSkip" | "skipToNext" | "skipPastLast" | "skipToFirst" | "skipToLast";
  /** The step that `skipToFirst` and `skipToLast` name. */
  readonly step?: S;
  readonly evidence: Evidence;
}

/** Options of {@link skipPastLast}. */
export interface SkipPastLastOptions {
  /**
   * Which match is taken when several complete with the same event. `earliest`: the one that begins first, of those
   * the longest. `latest`: the one that begins last, of those the longest; the evidence is then the newest that
   * suffices, and much less has to be remembered.
   *
   * Example, `a` three times or more and then `b`, events a1 a2 a3 a4 b1: `earliest` gives a1 a2 a3 a4 b1, `latest`
   * gives a2 a3 a4 b1.
   *
   * @default "earliest"
   */
  readonly evidence?: Evidence;
}

/** Every match is given out. Example, `a b+` and a b1 b2: a b1, a b1 b2. */
export const noSkip = (): SkipStrategy => ({ kind: "noSkip", evidence: "earliest" });

/** Discards what began with the same event as the match. Example, `a b+` and a b1 b2: a b1. */
export const skipToNext = (): SkipStrategy => ({ kind: "skipToNext", evidence: "earliest" });

/** Discards everything that began at or before the match's last event. Example, `a a` and a1 a2 a3: a1 a2. */
export const skipPastLast = ({ evidence = "earliest" }: SkipPastLastOptions = {}): SkipStrategy => ({
  kind: "skipPastLast",
  evidence,
});

/**
 * Discards what began with the match or after it, but before the first event of `step`. When the match has no event
 * of that step, nothing is discarded. Example, `a{2} b{2}` where x is both, skipToFirst(b), x1 … x6: x1 x2 x3 x4,
 * x3 x4 x5 x6.
 */
export const skipToFirst = <const S extends string>(step: S): SkipStrategy<S> => ({
  kind: "skipToFirst",
  step,
  evidence: "earliest",
});

/** The same with the last event of `step`. In that example, with x7: x1 x2 x3 x4, x4 x5 x6 x7. */
export const skipToLast = <const S extends string>(step: S): SkipStrategy<S> => ({
  kind: "skipToLast",
  step,
  evidence: "earliest",
});

/** Where a match lies: positions in the key's history. */
export interface MatchSpan {
  readonly start: number;
  readonly end: number;
  /** Positions of the first and the last event of the strategy's step; -1 when there is none. */
  readonly stepFirst: number;
  readonly stepLast: number;
}

/** Positions `[from, to)`: a match in the making that began there is discarded. */
export interface Discards {
  readonly from: number;
  readonly to: number;
}

type Discarding = (span: MatchSpan) => Discards;

const nothing: Discards = { from: 0, to: 0 };

const discarding: { readonly [Kind in SkipStrategy["kind"]]: Discarding } = {
  noSkip: () => nothing,
  skipToNext: ({ start }) => ({ from: start, to: start + 1 }),
  skipPastLast: ({ end }) => ({ from: Number.NEGATIVE_INFINITY, to: end + 1 }),
  skipToFirst: ({ start, stepFirst }) => ({ from: start, to: stepFirst }),
  skipToLast: ({ start, stepLast }) => ({ from: start, to: stepLast }),
};

/** What the strategy discards once a match with this span is out. */
export const discardsOf = (strategy: SkipStrategy<string>, span: MatchSpan): Discards =>
  discarding[strategy.kind](span);
