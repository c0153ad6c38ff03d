// A bug here gives an operator a code that the documentation does not list, or loses the cause that explains it.

import { describe, expect, it } from "vitest";
import * as streams from "../../src/errors.ts";
import {
  BrokerRefusedError,
  FencedError,
  HandlerError,
  OutcomeUnknownError,
  StreamsConfigError,
  StreamsError,
  type StreamsErrorCode,
  streamsErrors,
} from "../../src/errors.ts";

const cause = new Error("beneath");

const examples: Record<string, { error: StreamsError; code: StreamsErrorCode }> = {
  StreamsError: {
    error: new StreamsError("STREAMS_TOPIC_MISSING", "no topic", { cause }),
    code: "STREAMS_TOPIC_MISSING",
  },
  StreamsConfigError: { error: new StreamsConfigError(["a", "b"]), code: "STREAMS_CONFIG_INVALID" },
  BrokerRefusedError: {
    error: new BrokerRefusedError("Produce", 10, "MESSAGE_TOO_LARGE", "too big", { cause }),
    code: "STREAMS_BROKER_REFUSED",
  },
  OutcomeUnknownError: {
    error: new OutcomeUnknownError("no answer", { cause }),
    code: "STREAMS_OUTCOME_UNKNOWN",
  },
  FencedError: { error: new FencedError("another owner", { cause }), code: "STREAMS_FENCED" },
  HandlerError: { error: new HandlerError("in", 2, 17, cause), code: "STREAMS_HANDLER_FAILED" },
};

describe("every error class", () => {
  it("has an example here", () => {
    const classes = Object.entries(streams).filter(([, value]) => typeof value === "function");
    expect(Object.keys(examples).toSorted()).toEqual(classes.map(([name]) => name).toSorted());
  });

  it.each(Object.entries(examples))(
    "%s carries its name and its code of the registry",
    (name, { error, code }) => {
      expect(error).toBeInstanceOf(StreamsError);
      expect(error).toBeInstanceOf(Error);
      expect(error.name).toBe(name);
      expect(error.code).toBe(code);
      expect(streamsErrors).toHaveProperty(error.code);
    },
  );

  it.each(Object.entries(examples).filter(([name]) => name !== "StreamsConfigError"))(
    "%s keeps its cause",
    (_, { error }) => {
      expect(error.cause).toBe(cause);
    },
  );
});

describe("messages", () => {
  it("of a configuration error list every fault, and carry them apart", () => {
    const error = new StreamsConfigError(["first fault", "second fault"]);
    expect(error.message).toContain("first fault");
    expect(error.message).toContain("second fault");
    expect(error.faults).toEqual(["first fault", "second fault"]);
  });

  it("of a refusal name the API, Kafka's name and its number", () => {
    const error = new BrokerRefusedError("Fetch of in/0", 6, "NOT_LEADER_OR_FOLLOWER");
    expect(error.message).toBe("Fetch of in/0: the broker answered NOT_LEADER_OR_FOLLOWER (6)");
    expect([error.errorCode, error.errorName]).toEqual([6, "NOT_LEADER_OR_FOLLOWER"]);
  });

  it("of a handler's failure name the record and what was thrown, an Error or not", () => {
    const error = new HandlerError("in", 2, 17, new TypeError("x is undefined"));
    expect(error.message).toContain("in");
    expect(error.message).toContain("partition 2, offset 17");
    expect(error.message).toContain("TypeError: x is undefined");
    expect([error.topic, error.partition, error.offset]).toEqual(["in", 2, 17]);
    expect(new HandlerError("in", 0, 1, "just a text").message).toContain("just a text");
  });
});

describe("the registry", () => {
  it.each(Object.entries(streamsErrors))(
    "%s says what it means and what to do",
    (code, { meaning, remedy }) => {
      expect(code).toMatch(/^STREAMS_[A-Z_]+$/);
      expect(meaning).toMatch(/\.$/);
      expect(remedy).toMatch(/\.$/);
    },
  );
});
