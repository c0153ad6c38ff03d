// The failure table: from an error to what the worker does next. The only place that decides.

import {
  FencedError,
  HandlerError,
  StreamsConfigError,
  StreamsError,
  type StreamsErrorCode,
} from "../errors.ts";

/** What happens next. */
export type FailureAction =
  /** Discard the producer and all tasks, begin again at the committed offsets after a pause. */
  | "rebuild"
  /** The same, and join the group again: another owner may exist. */
  | "rejoin"
  /** Discard the task of the record that the handler held, and charge the failure to it: nothing of it has been sent. */
  | "retry-record"
  /** The same, and dead-letter the record at once: it would fail like this however often it is tried. */
  | "condemn-record"
  /** Discard the task whose handler failed while it held none, and give it its records one at a time. */
  | "retry-task"
  /** End the process: going on would lose data or can never succeed. */
  | "stop";

/** Nothing a retry could mend. */
const fatal: readonly StreamsErrorCode[] = [
  "STREAMS_CONFIG_INVALID",
  "STREAMS_AUTHENTICATION_FAILED",
  "STREAMS_NOT_AUTHORIZED",
  "STREAMS_TLS_FAILED",
  // Joining again would replace the other in turn, for ever.
  "STREAMS_INSTANCE_REPLACED",
  "STREAMS_OFFSET_OUT_OF_RANGE",
  "STREAMS_STATE_CORRUPT",
  "STREAMS_STORE_UNKNOWN",
  "STREAMS_EMIT_UNDECLARED",
  "STREAMS_TOPIC_MISSING",
  "STREAMS_PARTITION_INVALID",
  "STREAMS_COMPRESSION_UNSUPPORTED",
  "STREAMS_BATCH_TOO_LARGE",
];

/** What one record makes of the state it meets; the same record meets the same state each time it is tried. */
const ofTheRecord: readonly StreamsErrorCode[] = ["STREAMS_RECORD_TOO_LARGE", "STREAMS_VALUE_UNWRITABLE"];

/** Whether trying the record again cannot succeed. Errors that are not the engine's say so themselves, by `retriable`. */
const isForGood = (cause: unknown): boolean =>
  cause instanceof StreamsError
    ? ofTheRecord.includes(cause.code)
    : cause instanceof Error && "retriable" in cause && cause.retriable === false;

/** What to do about an error that reached the worker. */
export const failureAction = (error: unknown): FailureAction => {
  if (error instanceof HandlerError) {
    // A handler that misuses the engine fails at every record alike: parking them all would hide the mistake.
    if (error.cause instanceof StreamsError && fatal.includes(error.cause.code)) return "stop";
    if (error.offset < 0) return "retry-task";
    return isForGood(error.cause) ? "condemn-record" : "retry-record";
  }
  if (error instanceof StreamsConfigError) return "stop";
  if (error instanceof FencedError) return "rejoin";
  // Brokers come back; what they refuse meanwhile had no effect, and what they did not answer is settled by the
  // next producer's initialisation. What their ACLs forbid has a code of its own.
  if (error instanceof StreamsError) return fatal.includes(error.code) ? "stop" : "rebuild";
  // Not an error of ours: a mistake in the engine itself. Limping on could commit its consequences.
  return "stop";
};
