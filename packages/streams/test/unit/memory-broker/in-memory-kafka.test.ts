// A bug here spoils the first look at the engine: an example that does not run, or a worker that behaves otherwise than on
// a real cluster.

import { afterEach, expect, it } from "vitest";
import { InMemoryKafka } from "../../../src/memory-broker/in-memory-kafka.ts";
import type { Stage } from "../../../src/worker/stage.ts";
import { StreamWorker } from "../../../src/worker/worker.ts";
import { countStage, poison } from "../../harness/count-stage.ts";
import { eventually } from "../../harness/eventually.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const start = async (kafka: InMemoryKafka, stage: Stage, instanceId: string): Promise<StreamWorker> => {
  const client = await kafka.connect(stage, { instanceId });
  const worker = new StreamWorker(stage, client);
  const running = worker.run();
  closing.push(async () => {
    await worker.stop();
    await running;
    await client.close();
  });
  return worker;
};

const newKafka = (): InMemoryKafka => {
  const kafka = new InMemoryKafka();
  closing.push(async () => kafka.close());
  return kafka;
};

// The example of docs/simulation.md.
it("a stage runs in a worker without any broker", async () => {
  const { stage, input, output } = countStage({ service: "demo" });
  const kafka = new InMemoryKafka();
  kafka.send(input, { key: "a", value: "x", timestampMs: 1 }, { key: "a", value: "y", timestampMs: 2 });

  const client = await kafka.connect(stage, { instanceId: "demo-0" });
  const worker = new StreamWorker(stage, client);
  const running = worker.run();
  await eventually("everything is committed", () => kafka.lag(stage) === 0);
  expect(kafka.values(output).map(({ key, value }) => `${key} ${value}`)).toEqual(["a x:1", "a y:2"]);

  await worker.stop();
  await running;
  await client.close();
  kafka.close();
});

it("a second worker takes over with the state of the first", async () => {
  const { stage, input, output } = countStage({ service: "demo" });
  const kafka = newKafka();
  const first = await start(kafka, stage, "demo-0");
  kafka.send(input, { key: "a", value: "x", timestampMs: 1 });
  await eventually("the first record is committed", () => kafka.lag(stage) === 0);
  await first.stop();
  await start(kafka, stage, "demo-1");
  kafka.send(input, { key: "a", value: "y", timestampMs: 2 });
  await eventually("the second record is committed", () => kafka.lag(stage) === 0);
  expect(kafka.values(output).map(({ value }) => value)).toEqual(["x:1", "y:2"]);
});

it("what no codec reads goes to the dead-letter topic, bytes unchanged", async () => {
  const { stage, input } = countStage({ service: "demo" });
  const kafka = newKafka();
  await start(kafka, stage, "demo-0");
  kafka.sendRaw(input.name, 0, { key: null, value: poison, timestampMs: 1, headers: [] });
  await eventually("it is committed", () => kafka.lag(stage) === 0);
  expect(kafka.records(stage.deadLetters).map(({ value }) => value)).toEqual([poison]);
});

it("says so when a partition does not exist", () => {
  const record = { key: null, value: null, timestampMs: 0, headers: [] };
  expect(() => newKafka().sendRaw("nowhere", 0, record)).toThrow("Sending to nowhere/0");
});
