export { InMemoryKafka, type SentRecord } from "./in-memory-kafka.ts";
