// Guards at work: what all panes of a key hold together, as the aggregate's guards count it (A4 in aggregate.ts).

import type { Guard } from "./aggregate.ts";

/** One list for all keys that have no guard: it stays empty. */
const unguarded: number[] = [];

/** Nothing held yet, one number for each guard. */
export const nothingHeld = (guards: readonly Guard<never, never>[]): number[] =>
  guards.length === 0 ? unguarded : guards.map(() => 0);

/**
 * Lets the value in, in all guards or in none.
 *
 * @throws what a guard throws; `held` is then as before
 */
export const admit = <V, A>(guards: readonly Guard<V, A>[], held: number[], value: V): void => {
  if (guards.length === 1) {
    held[0] = (guards[0] as Guard<V, A>).admit(held[0] ?? 0, value);
    return;
  }
  const admitted = guards.map((guard, i) => guard.admit(held[i] ?? 0, value));
  for (let i = 0; i < admitted.length; i++) held[i] = admitted[i] as number;
};

/** Forgets a pane. */
export const release = <V, A>(guards: readonly Guard<V, A>[], held: number[], pane: A): void => {
  for (let i = 0; i < guards.length; i++) held[i] = (guards[i] as Guard<V, A>).release(held[i] ?? 0, pane);
};
