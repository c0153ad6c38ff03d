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
export {
  armFailPoint,
  type FailPoint,
  type FailPointAction,
  type FailPointOrder,
  failPoint,
  failPoints,
  holdingPoints,
  parseFailPoint,
} from "./fail-points.ts";
export * from "./patterns/index.ts";
export { type BinaryShape, binary, binarySerde, readingAlso, type ShapeValue } from "./state/binary-serde.ts";
export type { ByteSink, ByteSource } from "./state/byte-sink.ts";
export { type Doubt, doubts } from "./state/checkpoint.ts";
export type { OperationFigures, StoreOperation } from "./state/metered-store.ts";
export { jsonSerde, type Serde } from "./state/serde.ts";
export {
  type AnyStoreSpec,
  type KeyValueStore,
  type KeyValueStoreOptions,
  keyValueStore,
  type ReadsRestored,
  type SessionInterval,
  type SessionRetention,
  type SessionStore,
  type SessionStoreSpec,
  type StoredSession,
  type StoredWindow,
  type StoreOf,
  type StoreSpec,
  sessionStore,
  type WindowRetention,
  type WindowStore,
  type WindowStoreSpec,
  windowStore,
} from "./state/store.ts";
export { DueIndex, type DueKeys } from "./time/due-index.ts";
export * from "./windows/index.ts";
export type { FailureAction } from "./worker/failure.ts";
export type { InputFigures } from "./worker/input-watch.ts";
export type {
  CommitReport,
  CopyLoadReport,
  RestoreProgress,
  RestoreReport,
  StandbyFigures,
  StoreFigures,
  WorkerObserver,
  WorkerPhase,
} from "./worker/observer.ts";
export type { HeaderPair, OutgoingRecord, RawRecord, RecordBatch, StreamRecord } from "./worker/record.ts";
export type { Emission, Stage, Task, TopicHandler } from "./worker/stage.ts";
export { changelogTopic } from "./worker/task.ts";
export { StreamWorker, type WorkerOptions } from "./worker/worker.ts";
