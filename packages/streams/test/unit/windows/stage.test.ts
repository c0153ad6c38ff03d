// A bug here shows only in a task: state that its serde loses, a restart that tells twice, a batch that matters.

import type { Topic } from "@riffle/contracts/envelope";
import fc from "fast-check";
import { expect, it } from "vitest";
import { keyValueStore } from "../../../src/state/store.ts";
import { StageDriver } from "../../../src/testing/stage-driver.ts";
import { type FiredTimer, type TimerState, Timers } from "../../../src/time/timers.ts";
import { aggregates } from "../../../src/windows/aggregate.ts";
import { quantile } from "../../../src/windows/dd-sketch.ts";
import { HoppingWindows } from "../../../src/windows/hopping-window.ts";
import { distinct } from "../../../src/windows/hyper-log-log.ts";
import { count, max, min, sum, variance } from "../../../src/windows/numbers.ts";
import { perTask } from "../../../src/windows/per-task.ts";
import { SessionWindows } from "../../../src/windows/session-window.ts";
import { SlidingWindows } from "../../../src/windows/sliding-window.ts";
import { TumblingWindows } from "../../../src/windows/tumbling-window.ts";
import type { WindowOperator, WindowResult } from "../../../src/windows/window.ts";
import type { Stage, Task } from "../../../src/worker/stage.ts";
import { textTopic } from "../../harness/count-stage.ts";

const input = textTopic("numbers");
const output = textTopic("figures");
const lateTopic = textTopic("late");

const value = (one: number): number => one;
const figures = aggregates({
  n: count(),
  total: sum(value),
  least: min(value),
  most: max(value),
  spread: variance(value),
  people: distinct(String, { precision: 4 }),
  middle: quantile(0.5, value),
});

const stores = ["tumbling", "hopping", "sliding", "finals", "session"].map((name) =>
  keyValueStore<never>(name),
);
const timerStore = keyValueStore<TimerState>("timers");
const [tumbling, hopping, sliding, finals, session] = stores as [
  (typeof stores)[0],
  (typeof stores)[0],
  (typeof stores)[0],
  (typeof stores)[0],
  (typeof stores)[0],
];

const graceMs = 7;

const operatorsOf = (task: Task): Record<string, WindowOperator<number, unknown>> => ({
  tumbling: new TumblingWindows(task.store(tumbling), { sizeMs: 20, graceMs, aggregate: figures }),
  hopping: new HoppingWindows(task.store(hopping), { sizeMs: 20, advanceMs: 8, graceMs, aggregate: figures }),
  sliding: new SlidingWindows(task.store(sliding), { sizeMs: 20, graceMs, aggregate: figures }),
  finals: new SlidingWindows(task.store(finals), {
    sizeMs: 20,
    graceMs,
    aggregate: figures,
    emit: "on-close",
  }),
  session: new SessionWindows(task.store(session), { gapMs: 9, graceMs, aggregate: figures }),
});

const emitTo = (task: Task, topic: Topic<string>, key: string, told: unknown): void =>
  task.emit(topic, { key, value: JSON.stringify(told), timestampMs: Math.max(0, task.streamTimeMs) });

const partsOf = perTask((task: Task) => ({
  operators: Object.entries(operatorsOf(task)).map(([kind, operator]) => ({
    operator,
    emit: (result: WindowResult<unknown>) => emitTo(task, output, result.key, { kind, result }),
  })),
  timers: new Timers(task.store(timerStore)),
  fire: (timer: FiredTimer) => emitTo(task, output, timer.key, timer),
}));

const stage: Stage = {
  service: "figures",
  deadLetters: "figures.dlq",
  handlers: [
    {
      topic: input,
      stores: [...stores, timerStore],
      emits: [output, lateTopic],
      handle: (batch, task) => {
        const { operators, timers, fire } = partsOf(task);
        for (const { key, value: text, timestampMs } of batch) {
          const observation = { key, timestampMs, value: Number(text), streamTimeMs: task.streamTimeMs };
          for (const { operator, emit } of operators) {
            const missed = operator.observe(observation, emit);
            if (missed.length > 0) emitTo(task, lateTopic, key, missed);
          }
          timers.set(key, "silent", timestampMs + 15);
          timers.fireDue(task.streamTimeMs, fire);
        }
        for (const { operator, emit } of operators) operator.closeDue(task.streamTimeMs, emit);
        timers.fireDue(task.streamTimeMs, fire);
      },
    },
  ],
};

const recordsOf = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b", "c"),
    timestampMs: fc.nat(150),
    value: fc.nat(500).map(String),
    restart: fc.boolean(),
    endsBatch: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

const told = (driver: StageDriver): string[] =>
  [output, lateTopic].flatMap(({ name }) =>
    driver
      .rawEmitted(name)
      .map((record) => `${record.topic} ${record.key} ${record.timestampMs} ${record.value}`),
  );

/** Everything is closed in an empty batch: traffic has stopped. */
const close = async (driver: StageDriver): Promise<void> => {
  await driver.advanceStreamTime(1_000);
  for (const spec of [...stores, timerStore]) expect(driver.store(spec).size).toBe(0);
};

it("a restart between any two records, and any batches, change no byte of any kind of window or timer", async () => {
  await fc.assert(
    fc.asyncProperty(recordsOf, async (records) => {
      const plain = new StageDriver(stage);
      for (const record of records) await plain.send(input, record);
      await close(plain);

      const restarted = new StageDriver(stage);
      for (const record of records) {
        if (record.restart) restarted.restart();
        await restarted.send(input, record);
      }
      restarted.restart();
      await close(restarted);
      expect(told(restarted)).toEqual(told(plain));

      const batched = new StageDriver(stage);
      let batch: typeof records = [];
      for (const record of records) {
        batch.push(record);
        if (!record.endsBatch) continue;
        await batched.send(input, ...batch);
        batch = [];
      }
      if (batch.length > 0) await batched.send(input, ...batch);
      await close(batched);
      expect(told(batched)).toEqual(told(plain));
    }),
    { numRuns: 60 },
  );
});
