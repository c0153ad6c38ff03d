// Sums in hopping windows, told when they close: what comes out depends on stream time, which a restart must not lose.

import { headerNames, type Topic } from "@riffle/contracts/envelope";
import { keyValueStore } from "../../src/state/store.ts";
import type { Scenario } from "../../src/testing/simulation/scenario.ts";
import { type HoppingState, HoppingWindows } from "../../src/windows/hopping-window.ts";
import { sum } from "../../src/windows/numbers.ts";
import { perTask } from "../../src/windows/per-task.ts";
import type { Task } from "../../src/worker/stage.ts";
import { poison, textTopic } from "../harness/count-stage.ts";

const input = textTopic("win-in");
const output = textTopic("win-out");
const late = textTopic("win-late");
const panes = keyValueStore<HoppingState<number>>("panes");

/** Windows of 2 s, one a second, with half a second of grace; records come up to a second out of order, so some are late. */
export const windowScenario: Scenario = {
  name: "windows",
  inputs: [input as Topic<unknown>],
  stage: (disturb) => {
    const windowsOf = perTask((task: Task) => ({
      windows: new HoppingWindows(task.store(panes), {
        sizeMs: 2_000,
        advanceMs: 1_000,
        graceMs: 500,
        aggregate: sum((value: number) => value),
      }),
      emit: (told: { readonly key: string; readonly window: { readonly endMs: number } }) =>
        task.emit(output, { key: told.key, value: JSON.stringify(told), timestampMs: told.window.endMs }),
    }));
    return {
      service: "win",
      deadLetters: "win-dlq",
      handlers: [
        {
          topic: input as Topic<unknown>,
          stores: [panes],
          emits: [output as Topic<unknown>, late as Topic<unknown>],
          handle: async (batch, task) => {
            const { windows, emit } = windowsOf(task);
            for (const record of batch) {
              await disturb(record);
              const { key, value, timestampMs } = record;
              const { streamTimeMs } = task;
              const missed = windows.observe({ key, timestampMs, value: Number(value), streamTimeMs }, emit);
              if (missed.length > 0)
                task.emit(late, { key, value: JSON.stringify(missed), timestampMs, cause: record });
            }
            windows.closeDue(task.streamTimeMs, emit);
          },
        },
      ],
    };
  },
  record: (random, index) => ({
    key: Buffer.from(random.pick(["a", "b", "c", "d"])),
    value: random.chance(0.03) ? poison : Buffer.from(String(random.int(1, 99))),
    timestampMs: index * 100 + random.int(0, 1_000),
    headers: [[headerNames.schema, Buffer.from("text/1")]],
  }),
};
