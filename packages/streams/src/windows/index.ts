export * from "../time/index.ts";
export {
  type Aggregate,
  aggregates,
  type Fold,
  fold,
  type Guard,
  type HeldOf,
  type NamedAggregates,
  type ToldOf,
  type ValueOf,
} from "./aggregate.ts";
export {
  alignDown,
  firstEndAfter,
  type HoppingShape,
  hoppingWindowsOf,
  sessionOf,
  slidingWindowOf,
  tumblingWindowOf,
} from "./assigners.ts";
export { type DDSketchState, type QuantileOptions, quantile, quantiles } from "./dd-sketch.ts";
export { type HoppingOptions, type HoppingState, HoppingWindows } from "./hopping-window.ts";
export { type DistinctOptions, distinct, type HyperLogLogState } from "./hyper-log-log.ts";
export type { InstantBranch, InstantLeaf, InstantNode } from "./instants.ts";
export {
  addNumbers,
  count,
  type ExactAdd,
  type MeanState,
  max,
  mean,
  min,
  type NumberOf,
  type Spread,
  sum,
  type VarianceState,
  variance,
} from "./numbers.ts";
export { perTask } from "./per-task.ts";
export {
  type OpenSession,
  type SessionOptions,
  type SessionState,
  SessionWindows,
} from "./session-window.ts";
export { type SlidingOptions, type SlidingState, SlidingWindows } from "./sliding-window.ts";
export {
  hoppingStateSerde,
  sessionStateSerde,
  slidingStateSerde,
  totalsShape,
  tumblingStateSerde,
} from "./state-serdes.ts";
export { type Totals, totals } from "./totals.ts";
export { type TumblingOptions, type TumblingState, TumblingWindows } from "./tumbling-window.ts";
export type { Emit, EmitStrategy, Observation, Window, WindowOperator, WindowResult } from "./window.ts";
