export { InMemoryKafka, type SentRecord } from "../memory-broker/index.ts";
export {
  type ArrivalOptions,
  type ArrivingEvent,
  arrivingEvents,
  seededRandom,
  type ZipfOptions,
  zipfKeys,
} from "./generators.ts";
export {
  type Letter,
  letter,
  lettersOf,
  matchesIn,
  OperatorHarness,
  PatternHarness,
  type PatternResults,
  type ResultsOptions,
  resultsOf,
  textOf,
} from "./pattern-harness.ts";
export * from "./simulation/index.ts";
export { type DrivenRecord, type EmittedRecord, StageDriver } from "./stage-driver.ts";
export {
  keyValueStoreCases,
  type StoreCase,
  type StoreUnderTest,
  sessionContractRetention,
  sessionStoreCases,
  type TimedStoreUnderTest,
  windowContractRetention,
  windowStoreCases,
} from "./store-contracts.ts";
