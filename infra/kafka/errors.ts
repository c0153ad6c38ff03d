// What can go wrong before a local Kafka runs. Every message says what was tried, what was found and what to do;
// the code is for callers that must tell the cases apart.

/**
 * - `KAFKA_NOT_FOUND`: none of the three sources is there (a named broker, Docker, Java with Maven).
 * - `KAFKA_SOURCE_INVALID`: RIFFLE_KAFKA or an option asks for something that does not exist or does not fit.
 * - `KAFKA_UNREACHABLE`: brokers were named, or started, and do not answer.
 * - `KAFKA_DOWNLOAD_FAILED`: Maven could not fetch the published artifacts.
 * - `KAFKA_START_FAILED`: a broker was started and ended, or did not become ready in time.
 */
export type LocalKafkaErrorCode =
  | "KAFKA_NOT_FOUND"
  | "KAFKA_SOURCE_INVALID"
  | "KAFKA_UNREACHABLE"
  | "KAFKA_DOWNLOAD_FAILED"
  | "KAFKA_START_FAILED";

/** Thrown before a usable Kafka exists; nothing is left running or on disk when it is thrown. */
export class LocalKafkaError extends Error {
  readonly code: LocalKafkaErrorCode;

  constructor(code: LocalKafkaErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "LocalKafkaError";
    this.code = code;
  }
}

/** The message of anything that was thrown, for the middle of a sentence. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
