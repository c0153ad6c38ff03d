// The failure table: from an error to what the worker does next. The only place that decides.

import {
  BrokerRefusedError,
  FencedError,
  HandlerError,
  OutcomeUnknownError,
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
  /** End the process: going on would lose data or can never succeed. */
  | "stop";

/** Nothing a retry could mend. */
const fatal: readonly StreamsErrorCode[] = [
  "STREAMS_CONFIG_INVALID",
  "STREAMS_AUTHENTICATION_FAILED",
  "STREAMS_TLS_FAILED",
  // Joining again would replace the other in turn, for ever.
  "STREAMS_INSTANCE_REPLACED",
  "STREAMS_OFFSET_OUT_OF_RANGE",
  "STREAMS_STATE_CORRUPT",
  "STREAMS_STORE_UNKNOWN",
  "STREAMS_EMIT_UNDECLARED",
  "STREAMS_TOPIC_MISSING",
  "STREAMS_RECORD_TOO_LARGE",
  "STREAMS_PARTITION_INVALID",
  "STREAMS_COMPRESSION_UNSUPPORTED",
  "STREAMS_BATCH_TOO_LARGE",
];

/** What to do about an error that reached the worker. */
export const failureAction = (error: unknown): FailureAction => {
  if (error instanceof HandlerError) {
    // A handler that misuses the engine fails at every record alike: parking them all would hide the mistake.
    if (error.cause instanceof StreamsError && fatal.includes(error.cause.code)) return "stop";
    return error.offset >= 0 ? "retry-record" : "rebuild";
  }
  if (error instanceof StreamsConfigError) return "stop";
  if (error instanceof FencedError) return "rejoin";
  // Brokers come back; what they refuse meanwhile had no effect, and what they did not answer is settled by the
  // next producer's initialisation.
  if (error instanceof OutcomeUnknownError || error instanceof BrokerRefusedError) return "rebuild";
  if (error instanceof StreamsError) return fatal.includes(error.code) ? "stop" : "rebuild";
  // Not an error of ours: a mistake in the engine itself. Limping on could commit its consequences.
  return "stop";
};
