// A bug here ends a process at its start because one broker of several is ill, or says TLS where a broker was down.

import { describe, expect, it } from "vitest";
import type { Clock } from "../../../src/clock.ts";
import { connectionFailure } from "../../../src/kafka/connection-failure.ts";
import { firstConnection, untilAnswered } from "../../../src/kafka/first-connection.ts";
import { rejectionOf } from "../../harness/eventually.ts";

/** Time that passes only in waits; what was waited, in order. */
const waitingClock = () => {
  const waits: number[] = [];
  const now = () => waits.reduce((sum, ms) => sum + ms, 0);
  const clock: Pick<Clock, "now" | "delay"> = {
    now,
    delay: async (ms) => {
      waits.push(ms);
    },
  };
  return { clock: clock as Clock, waits, now };
};

const brokers = ["one:1", "two:2", "three:3"];
const named = (name: string, message: string, code?: string): Error =>
  Object.assign(new Error(message), { name, code });
const hungUp = named("KafkaJSConnectionClosedError", "Closed connection");
const refused = named("KafkaJSConnectionError", "connect ECONNREFUSED", "ECONNREFUSED");

/** Asks with answers by broker; what was asked, in order. */
const asking = (answers: Readonly<Record<string, readonly (Error | undefined)[]>>) => {
  const asked: string[] = [];
  const ask = async (broker: string): Promise<void> => {
    const times = asked.filter((one) => one === broker).length;
    asked.push(broker);
    const answer = answers[broker]?.[times];
    if (answer !== undefined) throw answer;
  };
  return { ask, asked };
};

describe("the first connection", () => {
  it("goes on to the next broker when one takes the connection and hangs up", async () => {
    const { clock, waits } = waitingClock();
    const { ask, asked } = asking({ "one:1": [hungUp], "two:2": [refused] });
    await firstConnection({ brokers, clock, withinMs: 5_000 }, ask);
    expect(asked).toEqual(brokers);
    expect(waits).toEqual([]);
  });

  it("asks all of them again after a pause that grows, until one is back", async () => {
    const { clock, waits } = waitingClock();
    const { ask, asked } = asking({
      "one:1": [hungUp, hungUp, hungUp],
      "two:2": [refused, refused],
      "three:3": [refused, refused],
    });
    await firstConnection({ brokers, clock, withinMs: 5_000 }, ask);
    expect(asked).toEqual([...brokers, ...brokers, "one:1", "two:2"]);
    expect(waits).toEqual([100, 200]);
  });

  it("ends within the time, and says what became of each broker", async () => {
    const { clock, now } = waitingClock();
    const always = (error: Error) => Array.from({ length: 100 }, () => error);
    const { ask } = asking({
      "one:1": always(hungUp),
      "two:2": always(refused),
      "three:3": always(refused),
    });
    expect(await rejectionOf(firstConnection({ brokers, clock, withinMs: 1_000 }, ask))).toMatchObject({
      code: "STREAMS_CLUSTER_UNREACHABLE",
      message:
        "Connecting to Kafka failed. one:1, tried 4 times: Closed connection; two:2, tried 4 times: connect ECONNREFUSED; three:3, tried 4 times: connect ECONNREFUSED. Check KAFKA_BROKERS, and that the brokers advertise names this process can reach.",
    });
    expect(now()).toBeLessThanOrEqual(1_000);
  });

  it("asks every broker once though the time is over already", async () => {
    const { clock } = waitingClock();
    const { ask, asked } = asking({ "one:1": [hungUp], "two:2": [hungUp] });
    await firstConnection({ brokers, clock, withinMs: 0 }, ask);
    expect(asked).toEqual(brokers);
  });

  it("asks nobody again after a password was refused", async () => {
    const { clock } = waitingClock();
    const { ask, asked } = asking({
      "one:1": [named("KafkaJSSASLAuthenticationError", "SASL PLAIN authentication failed")],
    });
    const sasl = { mechanism: "plain", username: "alice", password: "x" } as const;
    expect(await rejectionOf(firstConnection({ brokers, sasl, clock, withinMs: 5_000 }, ask))).toMatchObject({
      code: "STREAMS_AUTHENTICATION_FAILED",
    });
    expect(asked).toEqual(["one:1"]);
  });
});

describe("the reason", () => {
  const failureOf = (...causes: readonly Error[]) =>
    connectionFailure(
      { brokers },
      causes.map((cause, i) => ({ broker: `${i}:9092`, times: 1, cause })),
    ).message;

  it("is sought in TLS when every broker hung up", () => {
    expect(failureOf(hungUp, hungUp)).toContain("KAFKA_TLS is false");
  });

  it("is not sought in TLS when one hung up and another refused the connection", () => {
    expect(failureOf(hungUp, refused)).not.toContain("KAFKA_TLS");
  });
});

describe("a call that is repeated until it is answered", () => {
  it("is repeated while nobody answers, and gives the answer", async () => {
    const { clock, waits } = waitingClock();
    const errors = [hungUp, refused];
    const call = async (): Promise<string> => {
      const error = errors.shift();
      if (error !== undefined) throw error;
      return "answer";
    };
    expect(await untilAnswered(clock, 5_000, call, () => false)).toBe("answer");
    expect(waits).toEqual([100, 200]);
  });

  it("is not repeated after an answer that says no, nor when the time is over", async () => {
    const { clock, waits } = waitingClock();
    const no = new Error("no");
    const fail = (error: Error) => async (): Promise<void> => Promise.reject(error);
    expect(await rejectionOf(untilAnswered(clock, 5_000, fail(no), (error) => error === no))).toBe(no);
    expect(waits).toEqual([]);
    expect(await rejectionOf(untilAnswered(clock, 250, fail(hungUp), () => false))).toBe(hungUp);
    expect(waits).toEqual([100]);
  });
});
