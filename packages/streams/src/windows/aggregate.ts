// Aggregates: what a window keeps of its values.
//
// Owns the contract, its composition, and a user's own fold. The numbers are in numbers.ts, the fast path for the four
// of them together in totals.ts, the sketches in hyper-log-log.ts and dd-sketch.ts. An aggregate holds no state: the
// accumulator does, and it is stored.
//
//   A1. An accumulator is JSON: what a changelog brings back is equal to what was written, and adding to it goes on.
//   A2. `merge` of the accumulators of two sets of values is the accumulator of both sets together. Panes, sessions and
//       sliding windows stand on it.
//   A3. Order of values may matter only as far as the aggregate says: count, sum, min, max, distinct and quantile do not
//       depend on it at all (sums of whole numbers; fractions round), mean and variance only in their last bits.
//   A4. What a record would make inexact is refused while that record is held, never later, when a window closes.
//       (test/unit/windows/aggregates.test.ts)

import { StreamsConfigError } from "../errors.ts";

/**
 * Refuses a record before it is counted, by what all open panes of its key hold together: no window can hold more, so
 * no merge of panes can fail (A4). Values must not be negative.
 */
export interface Guard<V, A> {
  /** What is held with the value in it. @throws anything; it is charged to the record */
  admit(held: number, value: V): number;
  /** What is held once the pane is gone. */
  release(held: number, pane: A): number;
}

/**
 * What a window keeps of its values.
 *
 * Duties: no clock, no randomness, no state of its own. `add` and `merge` may change and return their first argument,
 * and must leave the second as it is. An accumulator consists of objects, arrays, strings, booleans, finite numbers and
 * `null` (A1). What is stored is written with the aggregate: change it, and give the store a new name.
 *
 * @typeParam V what is observed
 * @typeParam A the accumulator
 * @typeParam R what is told
 */
export interface Aggregate<V, A, R> {
  /** See {@link Guard}; none when no merge can fail. */
  readonly guards?: readonly Guard<V, A>[];
  /** The accumulator of no values, a new one at each call. */
  initial(): A;
  /** The accumulator with one value more. */
  add(accumulator: A, value: V): A;
  /** The accumulator of both (A2). Without it only tumbling windows take the aggregate. */
  merge?(into: A, more: A): A;
  /** What is told of at least one value. Must not share parts with the accumulator, which may change afterwards. */
  result(accumulator: A): R;
}

/** Puts two accumulators together (A2); may change and return the first. */
export type Merge<A> = (into: A, more: A) => A;

/**
 * The merge of an aggregate, or the fault that it has none.
 *
 * @param where names the option in the message, `windows.hopping`
 * @throws StreamsConfigError
 */
export const mergeOf = <V, A, R>(where: string, aggregate: Aggregate<V, A, R>): Merge<A> => {
  if (aggregate.merge === undefined)
    throw new StreamsConfigError([
      `${where}: the aggregate has no merge, and a window here is put together from parts; give the fold a merge, or use tumbling windows`,
    ]);
  return aggregate.merge.bind(aggregate);
};

/** A user's own aggregate, told as it is accumulated. */
export interface Fold<V, A> {
  /** The accumulator of no values, a new one at each call. */
  initial(): A;
  /** The accumulator with one value more; may change and return its first argument. */
  add(accumulator: A, value: V): A;
  /** The accumulator of both. Leave it out where none exists; only tumbling windows take the fold then. */
  merge?(into: A, more: A): A;
}

/**
 * A user's own aggregate. It has the duties of {@link Aggregate}: a JSON accumulator, and no dependence on anything but
 * the values. If the order of values matters to it, it matters in which order they came.
 *
 * `fold({ initial: () => "", add: (text, letter: string) => text + letter })` over `a`, `c`, `b` tells `acb`.
 */
export const fold = <V, A>(by: Fold<V, A>): Aggregate<V, A, A> => ({
  initial: () => by.initial(),
  add: (accumulator, value) => by.add(accumulator, value),
  ...(by.merge === undefined ? {} : { merge: (into: A, more: A): A => by.merge?.(into, more) ?? into }),
  result: (accumulator) => structuredClone(accumulator),
});

/** What {@link aggregates} takes: aggregates by the name under which they are told. */
export type NamedAggregates = Readonly<Record<string, Aggregate<never, unknown, unknown>>>;

type Parts<S> = S extends Aggregate<infer V, infer A, infer R> ? { value: V; held: A; told: R } : never;

/** What all parts can observe: the intersection of what each of them observes. */
export type ValueOf<S extends NamedAggregates> = {
  [K in keyof S]: (value: Parts<S[K]>["value"]) => void;
}[keyof S] extends (value: infer V) => void
  ? V
  : never;
/** What is stored for them. */
export type HeldOf<S extends NamedAggregates> = { [K in keyof S]: Parts<S[K]>["held"] };
/** What they tell. */
export type ToldOf<S extends NamedAggregates> = { [K in keyof S]: Parts<S[K]>["told"] };

/**
 * Several aggregates of the same values, told together under their names.
 *
 * `aggregates({ count: count(), total: sum((e: Payment) => e.amount) })` over amounts 3 and 4 tells
 * `{ count: 2, total: 7 }`, and TypeScript knows both. It can be merged when all of its parts can.
 */
export const aggregates = <const S extends NamedAggregates>(
  parts: S,
): Aggregate<ValueOf<S>, HeldOf<S>, ToldOf<S>> =>
  new NamedParts(parts) as unknown as Aggregate<ValueOf<S>, HeldOf<S>, ToldOf<S>>;

type Part = Aggregate<unknown, unknown, unknown>;
type Held = Record<string, unknown>;

/** Stored by name, not by position: an accumulator read in a Kafka tool says what it is. */
class NamedParts implements Aggregate<unknown, Held, Held> {
  readonly #names: readonly string[];
  readonly #parts: readonly Part[];
  readonly guards?: readonly Guard<unknown, Held>[];
  readonly merge?: Merge<Held>;

  constructor(named: NamedAggregates) {
    this.#names = Object.keys(named);
    this.#parts = Object.values(named) as readonly Part[];
    const guards = this.#parts.flatMap((part, i) => guardsWithin(this.#names[i] ?? "", part));
    if (guards.length > 0) this.guards = guards;
    if (this.#parts.every((part) => part.merge !== undefined))
      this.merge = (into, more) => this.#mergeParts(into, more);
  }

  initial(): Held {
    return Object.fromEntries(this.#names.map((name, i) => [name, this.#parts[i]?.initial()]));
  }

  add(accumulator: Held, value: unknown): Held {
    for (let i = 0; i < this.#parts.length; i++) {
      const name = this.#names[i] as string;
      accumulator[name] = (this.#parts[i] as Part).add(accumulator[name], value);
    }
    return accumulator;
  }

  result(accumulator: Held): Held {
    return Object.fromEntries(
      this.#names.map((name, i) => [name, this.#parts[i]?.result(accumulator[name])]),
    );
  }

  #mergeParts(into: Held, more: Held): Held {
    for (let i = 0; i < this.#parts.length; i++) {
      const name = this.#names[i] as string;
      into[name] = this.#parts[i]?.merge?.(into[name], more[name]);
    }
    return into;
  }
}

const guardsWithin = (name: string, part: Part): Guard<unknown, Held>[] =>
  (part.guards ?? []).map((guard) => ({
    admit: (held, value) => guard.admit(held, value),
    release: (held, pane) => guard.release(held, pane[name]),
  }));
