// What is known about the event in hand: which conditions hold for it. A simple condition is asked once.

import { type MatchSoFar, noMatch } from "./condition.ts";
import type { PatternEvent } from "./event.ts";
import { type BufferState, chainOf } from "./match-buffer.ts";
import type { ConditionId, Program } from "./program.ts";

/** Conditions of one program about one event of one key. */
export class Truths<E> {
  readonly #program: Program<E, string>;
  readonly #event: PatternEvent<E>;
  /** Made when an iterative condition is asked. */
  #soFar: SoFar<E> | undefined;
  /** Bits of the simple conditions that were asked, and of those that hold. */
  #asked = 0;
  #true = 0;

  constructor(program: Program<E, string>, event: PatternEvent<E>) {
    this.#program = program;
    this.#event = event;
  }

  /** Whether the condition holds, for the match in the making that ends at `node` (-1: none has begun). */
  holds(id: ConditionId, buffer: BufferState<E> | undefined, node: number): boolean {
    const bit = 1 << id;
    if ((this.#asked & bit) !== 0) return (this.#true & bit) !== 0;
    const test = this.#program.conditions[id];
    if (test === undefined) return false;
    if (test.iterative) {
      this.#soFar ??= new SoFar(this.#program, this.#event);
      return test.holds(this.#event.value, this.#soFar.at(buffer, node));
    }
    this.#asked |= bit;
    const does = test.holds(this.#event.value, noMatch);
    if (does) this.#true |= bit;
    return does;
  }

  /** Whether one of the conditions holds. */
  anyHolds(ids: readonly ConditionId[], buffer: BufferState<E> | undefined, node: number): boolean {
    for (const id of ids) if (this.holds(id, buffer, node)) return true;
    return false;
  }
}

/** The match in the making, as an iterative condition sees it. One object for all of them, turned to each in turn. */
class SoFar<E> implements MatchSoFar<E, string> {
  readonly current: PatternEvent<E>;
  readonly #program: Program<E, string>;
  #buffer: BufferState<E> | undefined;
  #node = -1;

  constructor(program: Program<E, string>, current: PatternEvent<E>) {
    this.#program = program;
    this.current = current;
  }

  at(buffer: BufferState<E> | undefined, node: number): this {
    this.#buffer = buffer;
    this.#node = node;
    return this;
  }

  events(step: string): readonly PatternEvent<E>[] {
    if (this.#buffer === undefined || this.#node < 0) return [];
    const at = this.#program.stepNames.indexOf(step);
    return chainOf(this.#buffer, this.#node)
      .filter((link) => link.step === at)
      .map(({ buffered }) => buffered.event);
  }
}
