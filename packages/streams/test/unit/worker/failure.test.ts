// A bug here lets a worker retry for ever what can never succeed, or stop for good at a broker's restart, or go on
// after the one error that must end it.

import { describe, expect, it } from "vitest";
import {
  BrokerRefusedError,
  FencedError,
  HandlerError,
  OutcomeUnknownError,
  StreamsConfigError,
  StreamsError,
  type StreamsErrorCode,
  streamsErrors,
} from "../../../src/errors.ts";
import { type FailureAction, failureAction } from "../../../src/worker/failure.ts";

/** Every code of the registry, when thrown as a plain StreamsError. A new code fails here until somebody decides. */
const byCode: Record<StreamsErrorCode, FailureAction> = {
  STREAMS_CONFIG_INVALID: "stop",
  STREAMS_BROKER_REFUSED: "rebuild",
  STREAMS_OUTCOME_UNKNOWN: "rebuild",
  STREAMS_CLUSTER_UNREACHABLE: "rebuild",
  STREAMS_AUTHENTICATION_FAILED: "stop",
  STREAMS_NOT_AUTHORIZED: "stop",
  STREAMS_TLS_FAILED: "stop",
  STREAMS_FENCED: "rebuild",
  STREAMS_INSTANCE_REPLACED: "stop",
  STREAMS_RECORD_CORRUPT: "rebuild",
  STREAMS_COMPRESSION_UNSUPPORTED: "stop",
  STREAMS_BATCH_TOO_LARGE: "stop",
  STREAMS_QUEUE_FULL: "rebuild",
  STREAMS_RECORD_TOO_LARGE: "rebuild",
  STREAMS_PARTITION_INVALID: "stop",
  STREAMS_OFFSET_OUT_OF_RANGE: "stop",
  STREAMS_HANDLER_FAILED: "rebuild",
  STREAMS_TOPIC_MISSING: "stop",
  STREAMS_STORE_UNKNOWN: "stop",
  STREAMS_STATE_CORRUPT: "stop",
  STREAMS_STATE_DISK_FULL: "rebuild",
  STREAMS_FAIL_POINT: "rebuild",
  STREAMS_BYTES_UNREADABLE: "rebuild",
  STREAMS_VALUE_UNWRITABLE: "rebuild",
  STREAMS_STORE_TIME_INVALID: "rebuild",
  STREAMS_EMIT_UNDECLARED: "stop",
};

describe("by class", () => {
  it.each([
    ["a fenced commit joins again", new FencedError("generation 3"), "rejoin"],
    ["a lost answer begins again", new OutcomeUnknownError("no answer"), "rebuild"],
    ["a refusal begins again", new BrokerRefusedError("Produce", 19, "NOT_ENOUGH_REPLICAS"), "rebuild"],
    ["a missing ACL stops", new BrokerRefusedError("Produce", 29, "TOPIC_AUTHORIZATION_FAILED"), "stop"],
    ["contradicting options stop", new StreamsConfigError(["3 and 4 partitions"]), "stop"],
    ["an error that is not the engine's stops", new TypeError("x is undefined"), "stop"],
    ["a thrown text stops", "text", "stop"],
    ["nothing at all stops", undefined, "stop"],
  ] as const)("%s", (_, error, action) => {
    expect(failureAction(error)).toBe(action);
  });
});

describe("by code", () => {
  it("every code of the registry has its action", () => {
    expect(Object.keys(byCode).toSorted()).toEqual(Object.keys(streamsErrors).toSorted());
  });

  it.each(Object.entries(byCode) as [StreamsErrorCode, FailureAction][])("%s: %s", (code, action) => {
    expect(failureAction(new StreamsError(code, "found by a test"))).toBe(action);
  });
});

describe("a handler's failure", () => {
  it("is charged to the record it held", () => {
    expect(failureAction(new HandlerError("in", 0, 0, new Error("boom")))).toBe("retry-record");
    expect(failureAction(new HandlerError("in", 0, 99, "a text"))).toBe("retry-record");
  });

  it("costs its task alone when it held none", () => {
    expect(failureAction(new HandlerError("in", 0, -1, new Error("boom")))).toBe("retry-task");
    const tooLarge = new StreamsError("STREAMS_RECORD_TOO_LARGE", "2 MB");
    expect(failureAction(new HandlerError("in", 0, -1, tooLarge))).toBe("retry-task");
  });

  it.each(["STREAMS_RECORD_TOO_LARGE", "STREAMS_VALUE_UNWRITABLE"] as const)(
    "condemns its record at once for %s: the same record meets the same state each time",
    (code) => {
      const cause = new StreamsError(code, "found by a test");
      expect(failureAction(new HandlerError("in", 0, 5, cause))).toBe("condemn-record");
    },
  );

  it.each([
    ["that says it is not retriable condemns its record at once", false, "condemn-record"],
    ["that says it is retriable is tried again", true, "retry-record"],
    ["that says something else of it is tried again", "no", "retry-record"],
  ] as const)("with an error %s", (_, retriable, action) => {
    const cause = Object.assign(new Error("amounts beyond 2^53"), { retriable });
    expect(failureAction(new HandlerError("in", 0, 5, cause))).toBe(action);
  });

  it.each(["STREAMS_STORE_UNKNOWN", "STREAMS_EMIT_UNDECLARED"] as const)(
    "stops when it misuses the engine: %s would fail at every record alike",
    (code) => {
      expect(failureAction(new HandlerError("in", 0, 5, new StreamsError(code, "misuse")))).toBe("stop");
    },
  );

  it("is charged to its record when the engine's error beneath may pass", () => {
    const beneath = new BrokerRefusedError("Fetch", 6, "NOT_LEADER_OR_FOLLOWER");
    expect(failureAction(new HandlerError("in", 0, 5, beneath))).toBe("retry-record");
  });
});
