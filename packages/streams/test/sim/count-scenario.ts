// Counts per key, with poison and with records the handler fails at for ever.

import { headerNames, type Topic } from "@riffle/contracts/envelope";
import { keyValueStore } from "../../src/state/store.ts";
import type { Scenario } from "../../src/testing/simulation/scenario.ts";
import { poison, textTopic } from "../harness/count-stage.ts";

const input = textTopic("sim-in");
const output = textTopic("sim-out");
const counts = keyValueStore<number>("counts");
const unbearable = "unbearable";
const forget = "forget";

class UnbearableError extends Error {
  override readonly name = "UnbearableError";
}
const failure = new UnbearableError("this value cannot be borne");

/** Every record gives one output; `forget` removes its key. */
export const countScenario: Scenario = {
  name: "counts",
  inputs: [input as Topic<unknown>],
  stage: (disturb) => ({
    service: "sim",
    deadLetters: "sim-dlq",
    handlers: [
      {
        topic: input as Topic<unknown>,
        stores: [counts],
        emits: [output as Topic<unknown>],
        handle: async (batch, task) => {
          const store = task.store(counts);
          for (const record of batch) {
            const { key, value, timestampMs } = record;
            if (value === unbearable) throw failure;
            await disturb(record);
            const count = value === forget ? 0 : (store.get(key) ?? 0) + 1;
            if (count === 0) store.delete(key);
            else store.put(key, count);
            task.emit(output, { key, value: `${value}:${count}`, timestampMs, cause: record });
          }
        },
      },
    ],
  }),
  record: (random, index) => ({
    key: Buffer.from(random.pick(["a", "b", "c", "d"])),
    value: random.chance(0.05)
      ? poison
      : Buffer.from(random.chance(0.01) ? unbearable : random.chance(0.05) ? forget : `v${index}`),
    // Disordered by up to a second.
    timestampMs: index * 100 + random.int(0, 1_000),
    headers: [[headerNames.schema, Buffer.from("text/1")]],
  }),
  failure: ({ value }) => (String(value) === unbearable ? failure : undefined),
};
