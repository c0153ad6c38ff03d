export {
  BrokerRefusedError,
  FencedError,
  HandlerError,
  OutcomeUnknownError,
  StreamsConfigError,
  StreamsError,
  type StreamsErrorCode,
  streamsErrors,
} from "./errors.ts";
export * from "./patterns/index.ts";
export { jsonSerde, type Serde } from "./state/serde.ts";
export { type KeyValueStore, keyValueStore, type StoreSpec } from "./state/store.ts";
export * from "./windows/index.ts";
export type { CommitReport, WorkerObserver, WorkerPhase } from "./worker/observer.ts";
export type { HeaderPair, OutgoingRecord, RawRecord, RecordBatch, StreamRecord } from "./worker/record.ts";
export type { Emission, Stage, Task, TopicHandler } from "./worker/stage.ts";
export { changelogTopic } from "./worker/task.ts";
export { StreamWorker, type WorkerOptions } from "./worker/worker.ts";
