export { InMemoryKafka, type SentRecord } from "./in-memory-kafka.ts";
export { type MemoryBroker, type MemoryBrokerOptions, startMemoryBroker } from "./memory-broker.ts";
