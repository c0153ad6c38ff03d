// The patterns of the engine. Names that would say too little beside the rest of the engine are longer here.

export { type CompileOptions as PatternCompileOptions, compile as compilePattern } from "./compile.ts";
export type { Condition as PatternCondition, MatchSoFar } from "./condition.ts";
export type { PatternEvent, PatternMatch, StepEvents, TimedOutMatch } from "./event.ts";
export { inspectPattern, type PatternInspection, type StateEstimate } from "./inspect.ts";
export type { Given as GivenMatch, KeyedPatternState, PatternOutput } from "./keyed-state.ts";
export { PatternOperator, type PatternOperatorOptions } from "./operator.ts";
export { Pattern, type PatternStart, patternOf } from "./pattern.ts";
export { PatternError, type PatternErrorCode, patternErrors } from "./pattern-error.ts";
export type { Program as PatternProgram } from "./program.ts";
export {
  type Evidence,
  noSkip,
  type SkipPastLastOptions,
  type SkipStrategy,
  skipPastLast,
  skipToFirst,
  skipToLast,
  skipToNext,
} from "./skip.ts";
export type { PatternState } from "./state.ts";
export {
  advance as advancePattern,
  step as stepPattern,
  stepOwned as stepOwnedPattern,
} from "./step.ts";
export type { StepResult as PatternStepResult } from "./step-result.ts";
