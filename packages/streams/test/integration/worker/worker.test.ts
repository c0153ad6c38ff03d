// A bug here is a payment counted twice, or not at all, on a real broker.

import { describe, expect, it } from "vitest";
import { connectStreams } from "../../../src/kafka/client.ts";
import { GroupMember } from "../../../src/kafka/group-member.ts";
import { TransactionalProducer } from "../../../src/kafka/transactional-producer.ts";
import { changelogTopic } from "../../../src/worker/task.ts";
import {
  committedIn,
  createTopics,
  eventuallyCommitted,
  lagOf,
  openWire,
  uniqueName,
  wireOptions,
} from "../../harness/cluster.ts";
import { countStage, forget, poison } from "../../harness/count-stage.ts";
import { eventually, present, rejectionOf } from "../../harness/eventually.ts";
import {
  closing,
  createService,
  eventuallyShared,
  openProducer,
  startWorker,
  toSend,
} from "../../harness/live-worker.ts";
import { headersOf } from "../../harness/records.ts";

const keys = Array.from({ length: 12 }, (_, i) => `acct-${i}`);

/** For each key the counts that were said for it, in order: 1, 2, 3 … when each record had exactly one effect. */
const countsByKey = (texts: readonly string[]): Map<string, number[]> => {
  const byKey = new Map<string, number[]>();
  for (const text of texts) {
    const [key = "", said = ""] = text.split("=");
    byKey.set(key, [...(byKey.get(key) ?? []), Number(said.split(":")[1])]);
  }
  return byKey;
};

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("an idle pipeline", () => {
  it("has a lag of exactly 0 in every partition, though its inputs end in markers", async () => {
    const first = await createService();
    const service = uniqueName("second");
    const { stage } = countStage({ service });
    // The second service reads what the first one writes in transactions: its input ends in commit markers.
    const chained = {
      ...stage,
      handlers: stage.handlers.map((h) => ({ ...h, topic: { ...h.topic, name: first.output } })),
    };
    await createTopics([`${service}-out`, `${service}-dlq`]);
    const producer = await openProducer(first.input);
    await startWorker(first.stage, "0");
    await startWorker(chained, "0");
    await Promise.all(keys.map((key) => producer.send(toSend(first.input, key, "x"))));
    await eventuallyCommitted(`${service}-out`, keys.length);
    await eventually("lag 0", async () => {
      const lags = await Promise.all([lagOf(first.service, first.input), lagOf(service, first.output)]);
      return lags.flat().every((lag) => lag === 0);
    });
    expect(await lagOf(service, first.output)).toEqual([0, 0, 0]);
  });
});

describe("one member, two, and one again, under load", () => {
  it("every input has exactly one output, counts are exact, and state moved with its partition", async () => {
    const { stage, service, input, output } = await createService();
    const producer = await openProducer(input);
    let sent = 0;
    let loading = true;
    const load = (async () => {
      while (loading) {
        await Promise.all(keys.map((key) => producer.send(toSend(input, key, `${sent}`))));
        sent++;
      }
    })();
    const first = await startWorker(stage, "0", { commitIntervalMsMax: 20 });
    await eventuallyShared(3, first);
    await eventually("the first has committed", () => first.reports.length > 5);
    const second = await startWorker(stage, "1", { commitIntervalMsMax: 20 });
    await eventuallyShared(3, first, second);
    const before = second.reports.length;
    await eventually("both have committed", () => second.reports.length > before + 5);
    expect(second.restored.reduce((sum, { records }) => sum + records, 0)).toBeGreaterThan(0);
    await second.stop();
    await eventuallyShared(3, first);
    loading = false;
    await load;

    const texts = await eventuallyCommitted(output, sent * keys.length);
    const byKey = countsByKey(texts);
    for (const key of keys) expect(byKey.get(key)).toEqual(upTo(sent));
    await eventually("lag 0", async () => (await lagOf(service, input)).every((lag) => lag === 0));
    expect([...first.failures, ...second.failures]).toEqual([]);
  });
});

describe("a restart of the same instance", () => {
  it("restores its state from the changelog, removed keys included, and goes on", async () => {
    const { stage, service, input, output } = await createService();
    const producer = await openProducer(input);
    const first = await startWorker(stage, "0");
    const values = ["1", "2", forget, "3"];
    for (const value of values) await producer.send(toSend(input, "gone", value === "3" ? forget : value, 0));
    for (const value of values) await producer.send(toSend(input, "kept", value === forget ? "x" : value, 0));
    await eventuallyCommitted(output, 8);
    await first.stop();
    const changelog = present((await committedIn(changelogTopic(service, "counts")))[0]);
    expect(changelog.some(({ key, value }) => String(key) === "gone" && value === null)).toBe(true);

    const again = await startWorker(stage, "0");
    await producer.send(toSend(input, "gone", "new", 0));
    await producer.send(toSend(input, "kept", "new", 0));
    const texts = await eventuallyCommitted(output, 10);
    expect(countsByKey(texts).get("kept")).toEqual([1, 2, 3, 4, 5]);
    expect(countsByKey(texts).get("gone")).toEqual([1, 2, 0, 0, 1]);
    expect(again.restored.find(({ partition }) => partition === 0)?.records).toBe(changelog.length);
    expect([...first.failures, ...again.failures]).toEqual([]);
  });
});

describe("a record that cannot be handled", () => {
  it("because no codec reads it is dead-lettered with its bytes and headers, and its neighbours go on", async () => {
    const { stage, input, output } = await createService();
    const producer = await openProducer(input);
    await startWorker(stage, "0");
    await producer.send(toSend(input, "a", "before", 1));
    await producer.send({
      ...toSend(input, "a", "", 1),
      value: poison,
      headers: { mine: "kept" },
      timestampMs: 77,
    });
    await producer.send(toSend(input, "a", "after", 1));
    expect(await eventuallyCommitted(output, 2)).toEqual(["a=before:1", "a=after:2"]);
    const [letter, ...others] = present((await committedIn(stage.deadLetters))[1]);
    expect(others).toEqual([]);
    expect([String(letter?.key), letter?.value, letter?.timestampMs]).toEqual(["a", poison, 77]);
    expect(headersOf(letter?.headers ?? [])).toMatchObject({
      mine: "kept",
      "kafka_dlt-original-topic": input,
      "kafka_dlt-original-partition": "1",
      "kafka_dlt-original-offset": "1",
      "x-reason-code": "TEXT_UNREADABLE",
    });
  });

  it("because its handler throws every time is dead-lettered after three attempts, in order", async () => {
    let attempts = 0;
    const { stage, input, output } = await createService({
      onRecord: ({ value }) => {
        if (value !== "bad") return;
        attempts++;
        throw new Error("never works");
      },
    });
    const producer = await openProducer(input);
    const texts = ["1", "2", "bad", "4", "5"];
    await Promise.all(texts.map((text) => producer.send(toSend(input, "a", text, 2))));
    const { failures } = await startWorker(stage, "0");
    expect(await eventuallyCommitted(output, 4)).toEqual(["a=1:1", "a=2:2", "a=4:3", "a=5:4"]);
    expect(attempts).toBe(3);
    expect(failures.map(({ action }) => action)).toEqual(["retry-record", "retry-record", "retry-record"]);
    const letters = present((await committedIn(stage.deadLetters))[2]);
    expect(letters.map(({ value }) => String(value))).toEqual(["bad"]);
  });
});

describe("what no retry mends", () => {
  it("a committed offset that is not in the log ends the run, and nothing is skipped", async () => {
    const { stage, service, input, output } = await createService();
    const producer = await openProducer(input);
    await producer.send(toSend(input, "a", "x", 0));
    // Somebody else's offset: committed under a real membership, far beyond the end.
    const wire = closing(await openWire(input));
    const member = new GroupMember(wire, {
      groupId: service,
      groupInstanceId: "tool",
      topics: [input],
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 6_000,
      heartbeatIntervalMs: 500,
    });
    const { fence } = await member.join([]);
    const sender = await TransactionalProducer.open(wire, {
      transactionalId: `${service}-tool`,
      groupId: service,
      transactionTimeoutMs: 5_000,
    });
    await sender.commit({
      records: [],
      offsets: [{ topic: input, partition: 0, offset: 1_000, metadata: "" }],
      fence,
    });
    await member.leave();

    const { run, worker } = await startWorker(stage, "0");
    expect(await rejectionOf(run)).toMatchObject({ code: "STREAMS_OFFSET_OUT_OF_RANGE" });
    expect(worker.phase).toBe("failed");
    expect((await committedIn(output)).flat()).toEqual([]);
  });

  it("an output with another number of partitions than the input is refused before anything starts", async () => {
    const service = uniqueName("uneven");
    const { stage } = countStage({ service });
    await createTopics([`${service}-in`, `${service}-dlq`]);
    await createTopics([`${service}-out`], 2);
    const error = await rejectionOf(connectStreams(stage, { ...wireOptions(), instanceId: "0" }));
    expect(error).toMatchObject({
      code: "STREAMS_CONFIG_INVALID",
      faults: [expect.stringContaining(`${service}-out has 2 partitions`)],
    });
  });

  it("a changelog with another number of partitions than the input is refused too", async () => {
    const service = uniqueName("uneven");
    const { stage } = countStage({ service });
    await createTopics([`${service}-in`, `${service}-out`, `${service}-dlq`]);
    await createTopics([changelogTopic(service, "counts")], 4);
    const error = await rejectionOf(connectStreams(stage, { ...wireOptions(), instanceId: "0" }));
    expect(error).toMatchObject({
      code: "STREAMS_CONFIG_INVALID",
      faults: [expect.stringContaining("changelog has 4 partitions")],
    });
  });

  it("a transaction time-out that is not below the session's is refused, with every other fault", async () => {
    const { stage } = await createService();
    const options = { transactionTimeoutMs: 6_000, sessionTimeoutMs: 6_000, heartbeatIntervalMs: 3_001 };
    const error = await rejectionOf(connectStreams(stage, { ...wireOptions(), ...options, instanceId: "0" }));
    expect(error).toMatchObject({
      faults: [
        expect.stringContaining("transactionTimeoutMs"),
        expect.stringContaining("heartbeatIntervalMs"),
      ],
    });
  });
});
