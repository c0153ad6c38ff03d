export {
  type ClusterAdmin,
  connectAdmin,
  type PartitionLag,
  type TopicCreation,
  type UndecidedEnd,
} from "./admin.ts";
export { connectStreams, type StreamsClient, type StreamsClientOptions } from "./client.ts";
export { type CommittedRange, CommittedReader, type LogRange } from "./committed-reader.ts";
export {
  type VerifiedCopy,
  type VerifiedStore,
  type VerifyCopiesOptions,
  verifyCopies,
} from "./copy-verifier.ts";
export { type HotKeysOptions, spreadHotKeys } from "./hot-keys.ts";
export {
  IdempotentProducer,
  type IdempotentProducerOptions,
  type SendRecord,
} from "./idempotent-producer.ts";
export {
  type ClusterFacts,
  ClusterInspector,
  type GroupFacts,
  type OpenTransaction,
  type TopicFacts,
} from "./inspection.ts";
export { byKey, type PartitionedRecord, type Partitioner, partitionOf } from "./partitioner.ts";
export type { FetchedChunk, TopicPartition } from "./ports.ts";
export { TopicFollower, type TopicFollowerOptions } from "./topic-follower.ts";
export { readTopic, TopicReader, type TopicReaderOptions } from "./topic-reader.ts";
export { TransactionalWriter, type TransactionalWriterOptions } from "./transactional-writer.ts";
export type { ClientLog, WireOptions } from "./wire.ts";
