// A bug here lets one bad record stop a partition for ever, or lets a failed commit's state live on.

import type { Topic } from "@riffle/contracts/envelope";
import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { BrokerRefusedError, OutcomeUnknownError, StreamsError } from "../../../src/errors.ts";
import { textTopic } from "../../harness/count-stage.ts";
import { eventually, rejectionOf } from "../../harness/eventually.ts";
import { headersOf } from "../../harness/records.ts";
import { Rig } from "./worker-rig.ts";

describe("a commit without a sure outcome", () => {
  it("drops the state, and the next life begins at what was committed", async () => {
    const rig = await new Rig().start();
    rig.append(0, "x");
    await rig.settled();
    await rig.ready();
    const before = rig.client.calls.length;
    rig.client.commitErrors.push(new OutcomeUnknownError("no answer"));
    rig.append(0, "y");
    await rig.settled();
    expect(rig.callsSince(before)).toEqual([
      "commit generation 1",
      "unassign s-in/0",
      "open sender",
      "positions s-in/0",
      "replay s-counts-changelog/0",
      "assign s-in/0 at 1",
      "commit generation 1",
    ]);
    expect(rig.texts()).toEqual(["x:1", "y:2"]);
    expect(rig.failures).toEqual([["no answer", "rebuild"]]);
  });

  it("rolls back every task of the process: they share one transaction", async () => {
    const rig = new Rig({ share: [0, 1] });
    rig.client.commitErrors.push(new BrokerRefusedError("Produce", 19, "NOT_ENOUGH_REPLICAS"));
    rig.append(0, "x");
    rig.append(1, "y");
    await rig.start();
    await rig.settled(0, 1);
    expect([rig.texts("s-out", 0), rig.texts("s-out", 1)]).toEqual([["x:1"], ["y:1"]]);
    expect(rig.texts("s-counts-changelog", 0)).toEqual(["1"]);
  });

  it("is repeated for as long as the brokers refuse", async () => {
    const rig = new Rig();
    for (let i = 0; i < 3; i++) rig.client.commitErrors.push(new OutcomeUnknownError(`no answer ${i}`));
    rig.append(0, "x");
    await rig.start();
    await rig.settled();
    expect(rig.failures).toHaveLength(3);
    expect(rig.texts()).toEqual(["x:1"]);
  });

  it("leaves the worker not ready until its tasks are restored again", async () => {
    const rig = await new Rig().start();
    const gate = Promise.withResolvers<void>();
    rig.client.beforeOpenSender = () => gate.promise;
    rig.client.commitErrors.push(new OutcomeUnknownError("no answer"));
    rig.append(0, "x");
    await eventually("a second sender is being opened", () => rig.client.calls.at(-1) === "open sender");
    const readyMeanwhile = rig.worker.ready;
    gate.resolve();
    await rig.settled();
    expect(readyMeanwhile).toBe(false);
  });
});

describe("a handler that fails at a record", () => {
  const failingAt = (...values: string[]) => {
    const tried: string[] = [];
    return {
      tried,
      onRecord: ({ value }: { readonly value: unknown }) => {
        tried.push(String(value));
        if (values.includes(String(value))) throw new Error(`cannot handle ${value}`);
      },
    };
  };

  it("once, and then no more, costs nothing but a retry", async () => {
    let failures = 0;
    const rig = new Rig({
      onRecord: ({ value }) => {
        if (value === "b" && failures++ === 0) throw new Error("a moment's trouble");
      },
    });
    rig.append(0, "a", "b", "c");
    await rig.start();
    await rig.settled();
    expect(rig.texts()).toEqual(["a:1", "b:2", "c:3"]);
    expect(rig.texts("s-dlq")).toEqual([]);
    expect(rig.failures.map(([, action]) => action)).toEqual(["retry-record"]);
  });

  it("three times has it dead-lettered in the commit of its neighbours, which keep their order", async () => {
    const { tried, onRecord } = failingAt("bad");
    const rig = new Rig({ onRecord });
    rig.append(0, "a", "bad", "c");
    await rig.start();
    await rig.settled();
    expect(tried).toEqual(["a", "bad", "a", "bad", "a", "bad", "a", "c"]);
    expect(rig.client.commits).toHaveLength(1);
    expect(rig.texts()).toEqual(["a:1", "c:2"]);
    expect(rig.texts("s-dlq")).toEqual(["bad"]);
    expect(rig.reports[0]?.inputs).toBe(3);
    expect(rig.reports[0]?.outputsByTopic).toEqual(
      new Map([
        ["s-out", 2],
        ["s-dlq", 1],
        ["s-counts-changelog", 1],
      ]),
    );
    const [letter] = rig.client.topic("s-dlq");
    expect(headersOf(letter?.headers ?? [])).toMatchObject({
      "kafka_dlt-original-offset": "1",
      "kafka_dlt-exception-message": "cannot handle bad",
    });
  });

  it("once, with an error that says it cannot pass, has it dead-lettered at once, and nothing is waited for", async () => {
    const pausesMs: number[] = [];
    const clock: Clock = {
      ...systemClock,
      delay: async (ms) => {
        pausesMs.push(ms);
      },
    };
    const tried: string[] = [];
    const rig = new Rig({
      clock,
      onRecord: ({ value }) => {
        tried.push(String(value));
        if (value === "bad") throw Object.assign(new Error("beyond 2^53"), { retriable: false });
      },
    });
    rig.append(0, "a", "bad", "c");
    await rig.start();
    await rig.settled();
    expect(tried).toEqual(["a", "bad", "a", "c"]);
    expect([rig.texts(), rig.texts("s-dlq"), pausesMs]).toEqual([["a:1", "c:2"], ["bad"], [0]]);
    expect(rig.failures.map(([, action]) => action)).toEqual(["condemn-record"]);
  });

  it("as often as the options say has it dead-lettered", async () => {
    const { tried, onRecord } = failingAt("bad");
    const rig = new Rig({ onRecord, handlerAttemptsMax: 1 });
    rig.append(0, "bad");
    await rig.start();
    await rig.settled();
    expect(tried).toEqual(["bad"]);
    expect(rig.texts("s-dlq")).toEqual(["bad"]);
  });

  it("and at another behind it has both dead-lettered, each after its own attempts", async () => {
    const { tried, onRecord } = failingAt("bad", "worse");
    const rig = new Rig({ onRecord, handlerAttemptsMax: 2 });
    rig.append(0, "bad", "b", "worse", "d");
    await rig.start();
    await rig.settled();
    expect(tried.filter((value) => value !== "b" && value !== "d")).toEqual(["bad", "bad", "worse", "worse"]);
    expect(rig.texts("s-dlq")).toEqual(["bad", "worse"]);
    expect(rig.texts()).toEqual(["b:1", "d:2"]);
  });

  it("and at others behind it does not make the pauses grow over all of them", async () => {
    const { onRecord } = failingAt("bad", "worse");
    const pausesMs: number[] = [];
    const clock: Clock = {
      ...systemClock,
      delay: async (ms) => {
        pausesMs.push(ms);
      },
    };
    const rig = new Rig({ onRecord, clock });
    rig.append(0, "a", "bad", "worse");
    await rig.start();
    await rig.settled();
    expect(pausesMs).toEqual([50, 100, 50, 100, 200, 50]);
  });

  it("holds up its partition alone: the others go on while it pauses, and nothing of theirs is done again", async () => {
    const { tried, onRecord } = failingAt("bad");
    const pause = Promise.withResolvers<void>();
    const clock: Clock = { ...systemClock, delay: () => pause.promise };
    const rig = new Rig({ onRecord, clock, share: [0, 1], handlerAttemptsMax: 2 });
    await rig.start();
    rig.append(1, "x");
    rig.append(0, "a", "bad");
    rig.append(1, "y");
    await rig.settled(1);
    expect([rig.texts("s-out", 1), rig.texts("s-out", 0)]).toEqual([["x:1", "y:2"], []]);
    expect(rig.worker.ready).toBe(true);
    pause.resolve();
    await rig.settled(0);
    expect(tried.toSorted()).toEqual(["a", "a", "a", "bad", "bad", "x", "y"]);
    expect([rig.texts(), rig.texts("s-dlq")]).toEqual([["a:1"], ["bad"]]);
    expect(rig.client.calls.filter((call) => call === "open sender")).toHaveLength(1);
    expect(rig.phases.filter((phase) => phase === "restoring")).toHaveLength(1);
    expect(rig.reports.reduce((sum, { inputs }) => sum + inputs, 0)).toBe(4);
  });

  it("is found when it reads its whole batch first: then the records come one at a time", async () => {
    const input = textTopic("s-in");
    const output = textTopic("s-out");
    const rig = new Rig({
      stage: {
        service: "s",
        deadLetters: "s-dlq",
        handlers: [
          {
            topic: input as Topic<unknown>,
            stores: [],
            emits: [output as Topic<unknown>],
            handle: (batch, task) => {
              const records = [...batch];
              if (records.some(({ value }) => value === "bad")) throw new Error("cannot handle one of these");
              for (const { key, value, timestampMs } of records)
                task.emit(output, { key, value: String(value), timestampMs });
            },
          },
        ],
      },
    });
    rig.append(0, "a", "bad", "c");
    rig.append(0, "d");
    await rig.start();
    await rig.settled();
    expect(rig.texts()).toEqual(["a", "c", "d"]);
    expect(rig.texts("s-dlq")).toEqual(["bad"]);
    expect(rig.failures.map(([, action]) => action)).toEqual([
      "retry-task",
      "retry-record",
      "retry-record",
      "retry-record",
    ]);
  });

  it("is no worse than one that rejects with nothing", async () => {
    let attempts = 0;
    const rig = new Rig({
      onRecord: async ({ value }) => {
        if (value === "bad" && ++attempts <= 5) await Promise.reject();
      },
    });
    rig.append(0, "a", "bad", "c");
    await rig.start();
    await rig.settled();
    expect([attempts, rig.texts("s-dlq")]).toEqual([3, ["bad"]]);
  });

  it("is dead-lettered though another partition commits first", async () => {
    const { tried, onRecord } = failingAt("bad");
    const rig = new Rig({ onRecord, share: [1, 0], handlerAttemptsMax: 2 });
    rig.client.slow.add(0);
    rig.append(0, "bad");
    // A busy neighbour: whenever the worker reads anew, partition 1 has a chunk ready, and partition 0 comes after it.
    let lives = 0;
    rig.client.beforeOpenSender = async () => {
      if (++lives <= 6) rig.append(1, `neighbour ${lives}`);
    };
    await rig.start();
    await rig.settled(0, 1);
    expect(tried.filter((value) => value === "bad")).toEqual(["bad", "bad"]);
    expect(rig.texts("s-dlq", 0)).toEqual(["bad"]);
  });
});

describe("an error that no retry mends", () => {
  it("ends the run with it, after leaving the group", async () => {
    const rig = new Rig();
    const error = new StreamsError("STREAMS_OFFSET_OUT_OF_RANGE", "records were deleted");
    rig.client.nextErrors.push(error);
    await expect(rejectionOf(rig.run())).resolves.toBe(error);
    expect(rig.worker.phase).toBe("failed");
    expect(rig.worker.ready).toBe(false);
    expect(rig.callsSince(-1)).toEqual(["leave"]);
    expect(rig.failures).toEqual([["records were deleted", "stop"]]);
    expect(rig.client.commits).toEqual([]);
  });

  it("is a mistake in the engine too, of which nothing is committed", async () => {
    const rig = new Rig();
    const mistake = new TypeError("x is undefined");
    rig.client.positionErrors.push(mistake);
    await expect(rejectionOf(rig.run())).resolves.toBe(mistake);
    expect(rig.client.commits).toEqual([]);
  });

  it("is a handler that misuses the engine: no record is dead-lettered for it", async () => {
    const rig = new Rig({
      onRecord: (_, task) =>
        void task.store({ name: "undeclared", serde: { serialize: Buffer.from, deserialize: String } }),
    });
    rig.append(0, "a");
    const error = await rejectionOf(rig.run());
    expect(error).toMatchObject({ code: "STREAMS_HANDLER_FAILED", cause: { code: "STREAMS_STORE_UNKNOWN" } });
    expect(rig.client.commits).toEqual([]);
  });
});

describe("opening a sender", () => {
  it("that fails is tried again before anything is read", async () => {
    const rig = new Rig();
    rig.client.openSenderErrors.push(new OutcomeUnknownError("no coordinator"));
    await rig.start();
    expect(rig.client.calls.slice(0, 3)).toEqual(["open sender", "open sender", "join owning none"]);
  });
});
