// A match in the making, as plain data: the automaton moves it, preference orders it, the state holds it.

/** A match in the making. */
export interface PartialMatch {
  /** The step that took its last event: index in the program's states. */
  step: number;
  /** How many events that step has taken; stops at the minimum when there is no maximum. */
  count: number;
  /** What it may still do, as bits (program.ts). */
  open: number;
  /** Its last event in the match buffer. */
  node: number;
  /** Position of its first event. */
  start: number;
  /** How many events it has. */
  length: number;
  firstMs: number;
  lastMs: number;
}
