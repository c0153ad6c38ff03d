// The errors of the engine, named by what happens next.
//
// Owns the classes and the registry of codes. Does not decide what to do about an error of the client or
// of a handler: that is worker/failure.ts, the one table.
//
//   E1. Every error has a code of the registry; a code is never reused for something else.
//   E2. A message says what was attempted, what was found and what to do; `cause` is kept.

/** Every code the engine throws, with its meaning and what to do about it. */
export const streamsErrors = {
  STREAMS_CONFIG_INVALID: {
    meaning: "The options given to the engine contradict each other or the topics in the cluster.",
    remedy: "Correct the options that the message names; it lists every fault at once.",
  },
  STREAMS_BROKER_REFUSED: {
    meaning: "A broker answered a request with an error, so the request had no effect.",
    remedy: "The message names the API and Kafka's error; the engine retries what is safe to retry.",
  },
  STREAMS_OUTCOME_UNKNOWN: {
    meaning: "No answer came to a request that may have taken effect (time-out, closed connection).",
    remedy:
      "The engine discards the producer and restarts from the committed offsets; if it repeats, look at the network and the brokers' load.",
  },
  STREAMS_CLUSTER_UNREACHABLE: {
    meaning: "No broker of the list could be reached.",
    remedy: "Check KAFKA_BROKERS, and that the brokers advertise addresses this process can reach.",
  },
  STREAMS_AUTHENTICATION_FAILED: {
    meaning: "The brokers refused the user or the password.",
    remedy: "Check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM.",
  },
  STREAMS_NOT_AUTHORIZED: {
    meaning: "The cluster's ACLs do not let this user do what the service has to.",
    remedy:
      "Grant what the message names, then start the service again; docs/kafka-client.md lists what each service needs.",
  },
  STREAMS_TLS_FAILED: {
    meaning: "The brokers' certificate is not vouched for, or the TLS handshake failed.",
    remedy:
      "Check KAFKA_TLS_CA_FILE and the names in the brokers' certificates; KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE where they ask for one.",
  },
  STREAMS_FENCED: {
    meaning: "Another process owns this producer id, group member or generation now.",
    remedy:
      "Nothing: the tasks are dropped and the group is joined again. If it repeats, two processes share one RIFFLE_INSTANCE_ID.",
  },
  STREAMS_INSTANCE_REPLACED: {
    meaning: "Another process joined the group under this one's instance id, and is its member now.",
    remedy:
      "Give each process a RIFFLE_INSTANCE_ID of its own. After a restart it is the old process that ends.",
  },
  STREAMS_RECORD_CORRUPT: {
    meaning: "A record batch read from a broker does not match its checksum or its own lengths.",
    remedy: "Check the broker's disks; the engine does not process what it cannot trust.",
  },
  STREAMS_COMPRESSION_UNSUPPORTED: {
    meaning: "A record batch is compressed with a codec that is none of gzip, snappy, lz4 and zstd.",
    remedy: "Have its producer use one of these, and set the topic's compression.type accordingly.",
  },
  STREAMS_BATCH_TOO_LARGE: {
    meaning: "A compressed record batch would unpack to more bytes than the reader allows.",
    remedy: "Have its producer send smaller batches, or raise the fetcher's unpackedBytesMax.",
  },
  STREAMS_QUEUE_FULL: {
    meaning:
      "A record was not sent: as many records as the queue holds wait already, or the producer is closed.",
    remedy: "Send it again later; the brokers do not keep up, or cannot be reached.",
  },
  STREAMS_RECORD_TOO_LARGE: {
    meaning:
      "A record is larger than its topic takes: what a handler emits, the changelog record of one key, or what is sent to ingest.",
    remedy:
      "The input record that made it is a dead letter, its neighbours go on, and what its key has stays as it was. Keep less per key, or raise the topic's max.message.bytes and start the service again.",
  },
  STREAMS_PARTITION_INVALID: {
    meaning: "A record was not sent: its partition, or what the partitioner said, is none of the topic's.",
    remedy: "Correct the partitioner: a whole number from 0 to one less than the partitions it is given.",
  },
  STREAMS_OFFSET_OUT_OF_RANGE: {
    meaning: "The committed offset is no longer in the log: records were deleted before they were processed.",
    remedy:
      "Raise the topic's retention; to go on without the lost records, reset the group's offsets by hand.",
  },
  STREAMS_HANDLER_FAILED: {
    meaning: "A handler threw while it held a record.",
    remedy: "See the cause; the record is retried, then dead-lettered, and its neighbours go on.",
  },
  STREAMS_TOPIC_MISSING: {
    meaning:
      "A topic the service needs does not exist, or has another number of partitions than its partners.",
    remedy: "Run the topic creation step; never rely on auto-creation.",
  },
  STREAMS_STORE_UNKNOWN: {
    meaning: "A handler asked for a store that its stage does not declare.",
    remedy: "Name the store in the `stores` of the handler.",
  },
  STREAMS_STATE_CORRUPT: {
    meaning:
      "A changelog record cannot be read by the store's serde; where a store reads what was restored at its first use, then.",
    remedy:
      "Deploy the version that wrote it, or migrate the changelog; the engine never starts on partial state.",
  },
  STREAMS_STATE_DISK_FULL: {
    meaning:
      "The disk of the state folder has too little room for the copies. Nothing is lost: state is in memory and in the changelog.",
    remedy:
      "Make room, or give the service a larger disk; the copies are written again by themselves, or after a restart. Until then a restart reads more of the changelog.",
  },
  STREAMS_FAIL_POINT: {
    meaning: "A fail-point was armed with `throw`, and its place was reached.",
    remedy: "Nothing, if a fault test is running; else unset RIFFLE_FAILPOINT.",
  },
  STREAMS_BYTES_UNREADABLE: {
    meaning: "Bytes of a store's value are not what its binary serde writes: damaged, or of another shape.",
    remedy:
      "After a change of shape, read the old bytes with readingAlso, or give the store a new name. Otherwise look for damage.",
  },
  STREAMS_VALUE_UNWRITABLE: {
    meaning: "A value put into a store is not of the shape that its binary serde was given.",
    remedy: "Correct the shape, or the handler that put the value; the message names the shape.",
  },
  STREAMS_STORE_TIME_INVALID: {
    meaning: "A handler gave a window or session store a time that is no whole number of milliseconds.",
    remedy: "Use event times of records, and intervals whose end is after their start.",
  },
  STREAMS_EMIT_UNDECLARED: {
    meaning: "A handler emitted to a topic that its stage does not declare.",
    remedy: "Name the topic in the `emits` of the handler.",
  },
} as const;

/** A code of {@link streamsErrors}. */
export type StreamsErrorCode = keyof typeof streamsErrors;

/** Base of all errors the engine throws. */
export class StreamsError extends Error {
  readonly code: StreamsErrorCode;

  constructor(code: StreamsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The options are wrong: nothing was started. Carries every fault found. */
export class StreamsConfigError extends StreamsError {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      "STREAMS_CONFIG_INVALID",
      `The stream engine was not started:\n${faults.map((f) => `  - ${f}`).join("\n")}`,
    );
    this.faults = faults;
  }
}

/** What is to be granted, by the error with which Kafka says that its ACLs do not; each stands for one kind of resource. */
const missingAcls: Readonly<Record<number, string>> = {
  29: "Read on its inputs and changelogs, Write on its outputs, dead letters and changelogs, and Describe on all of them.",
  30: "Read on its consumer group.",
  31: "Create on the topics that it makes (its changelogs), or create them beforehand.",
  53: "Write and Describe on its transactional ids.",
};

/** A broker said no, definitely: the request had no effect. */
export class BrokerRefusedError extends StreamsError {
  /** Kafka's numeric error code. */
  readonly errorCode: number;
  /** Kafka's name for it, `NOT_LEADER_OR_FOLLOWER`. */
  readonly errorName: string;

  constructor(api: string, errorCode: number, errorName: string, detail = "", options?: ErrorOptions) {
    const missing = missingAcls[errorCode];
    const grant = missing === undefined ? "" : `. Grant this user ${missing}`;
    super(
      missing === undefined ? "STREAMS_BROKER_REFUSED" : "STREAMS_NOT_AUTHORIZED",
      `${api}: the broker answered ${errorName} (${errorCode})${detail && `: ${detail.replace(/\.$/, "")}`}${grant}`,
      options,
    );
    this.errorCode = errorCode;
    this.errorName = errorName;
  }
}

/** The request may or may not have taken effect. After it, the producer that sent it must be discarded. */
export class OutcomeUnknownError extends StreamsError {
  constructor(message: string, options?: ErrorOptions) {
    super("STREAMS_OUTCOME_UNKNOWN", message, options);
  }
}

/** Another owner exists: drop what it owns now and join again. */
export class FencedError extends StreamsError {
  constructor(message: string, options?: ErrorOptions) {
    super("STREAMS_FENCED", message, options);
  }
}

/** A handler threw; says at which record, so that this record alone can be retried and dead-lettered. */
export class HandlerError extends StreamsError {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the record the handler held, or -1 when it held none (stream time, start of a batch). */
  readonly offset: number;

  constructor(topic: string, partition: number, offset: number, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(
      "STREAMS_HANDLER_FAILED",
      `The handler of ${topic} failed at partition ${partition}, offset ${offset}: ${what}`,
      {
        cause,
      },
    );
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
  }
}
