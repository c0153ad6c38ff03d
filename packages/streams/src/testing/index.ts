export {
  type Letter,
  letter,
  lettersOf,
  matchesIn,
  OperatorHarness,
  PatternHarness,
} from "./pattern-harness.ts";
export { type DrivenRecord, type EmittedRecord, StageDriver } from "./stage-driver.ts";
