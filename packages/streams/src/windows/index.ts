export { DueIndex, type DueKeys } from "./due-index.ts";
export {
  type ClosedWindow,
  type HoppingOptions,
  type HoppingState,
  HoppingWindows,
  type Pane,
} from "./hopping-window.ts";
export { perTask } from "./per-task.ts";
export {
  type SlidingOptions,
  type SlidingResult,
  type SlidingState,
  SlidingWindows,
} from "./sliding-window.ts";
export { type ExactAdd, mergeTotals, type Totals, totalsOf } from "./totals.ts";
export { alignDown, type Observation, type Window } from "./window.ts";
