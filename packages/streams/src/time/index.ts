export { DueIndex, type DueKeys } from "./due-index.ts";
export { closedEndMs, isLate, laterOf } from "./stream-time.ts";
export { type FiredTimer, type Timer, type TimerState, Timers } from "./timers.ts";
