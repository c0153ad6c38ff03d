// A rule that is a pattern: the engine's pattern operator, and its matches as alerts.

import type { Alert, Transaction } from "@riffle/contracts";
import {
  compilePattern,
  type KeyedPatternState,
  type Pattern,
  type PatternMatch,
  PatternOperator,
  type PatternOutput,
  type PatternProgram,
  type StoreSpec,
  type Task,
} from "@riffle/streams";
import { alertOf, type Finding, withdrawalOf } from "./alert-of.ts";
import { takenOf } from "./evidence.ts";
import { bytesOfJudged, unsettledBytesMax } from "./judged-transaction.ts";
import type { Placed, Rule, RuleHead, RuleWatch } from "./rule.ts";

/** A rule in the pattern language, over the transactions of each account. */
export interface PatternRule<S extends string> extends RuleHead {
  readonly store: StoreSpec<KeyedPatternState<Transaction, S>>;
  readonly pattern: Pattern<Transaction, S>;
  /** How far behind stream time a transaction may be and still count in its place, milliseconds. */
  readonly graceMs: number;
  /** The transactions that the pattern is about: it sees no others, not even as neighbours. */
  readonly isAbout: (transaction: Transaction) => boolean;
  /** The sentence for the evidence, in order. */
  readonly reason: (evidence: Finding["evidence"]) => string;
}

/** The rule of a pattern; the pattern is compiled here, once for all tasks. */
export const patternRule = <S extends string>(rule: PatternRule<S>): Rule => {
  const { name, version, severity, store, graceMs } = rule;
  const program = compilePattern(rule.pattern);
  return {
    name,
    version,
    severity,
    watch: (task: Task, onCrowdedOut: () => void): RuleWatch =>
      new PatternWatch(
        rule,
        program,
        new PatternOperator(task.store(store), program, {
          graceMs,
          unsettledMax: unsettledBytesMax,
          weightOf: bytesOfJudged,
        }),
        onCrowdedOut,
      ),
  };
};

const nothing: readonly Alert[] = [];

class PatternWatch<S extends string> implements RuleWatch {
  readonly #rule: PatternRule<S>;
  readonly #program: PatternProgram<Transaction, S>;
  readonly #operator: PatternOperator<Transaction, S>;
  readonly #onCrowdedOut: () => void;

  constructor(
    rule: PatternRule<S>,
    program: PatternProgram<Transaction, S>,
    operator: PatternOperator<Transaction, S>,
    onCrowdedOut: () => void,
  ) {
    this.#rule = rule;
    this.#program = program;
    this.#operator = operator;
    this.#onCrowdedOut = onCrowdedOut;
  }

  observe(placed: Placed, streamTimeMs: number): readonly Alert[] {
    if (!this.#rule.isAbout(placed.value)) return this.advance(streamTimeMs);
    return this.#alerts(this.#operator.observe(placed.value.accountId, placed, streamTimeMs));
  }

  advance(streamTimeMs: number): readonly Alert[] {
    return this.#alerts(this.#operator.advance(streamTimeMs));
  }

  #alerts(outputs: readonly PatternOutput<Transaction, S>[]): readonly Alert[] {
    if (outputs.length === 0) return nothing;
    // Nothing reports what timed out.
    return outputs.flatMap((output) => {
      if (output.kind === "match") return this.#raised(output.match);
      // What is late for everybody does not come here.
      if (output.kind === "late") this.#onCrowdedOut();
      return output.kind === "withdrawn" ? this.#raised(output.match).map(withdrawalOf) : [];
    });
  }

  #raised(match: PatternMatch<Transaction, S>): Alert[] {
    const taken = takenOf(match, this.#program.stepNames);
    const [first, ...others] = taken.map(({ value }) => value);
    if (first === undefined) return [];
    const evidence: Finding["evidence"] = [first, ...others];
    const steps = taken.map(({ step }) => step);
    return [alertOf(this.#rule, { evidence, steps, reason: this.#rule.reason(evidence) })];
  }
}
