// A stage whose state and outputs are as large as its input says.

import type { Topic } from "@riffle/contracts/envelope";
import { keyValueStore } from "../../src/state/store.ts";
import type { Stage } from "../../src/worker/stage.ts";
import { textTopic } from "./count-stage.ts";

/** All texts of a key, one after the other. */
export const texts = keyValueStore<string>("texts");

/** Keeps all texts of a key as one, and emits each to `<service>-out`; `emit <n>` emits n bytes. `fail` and more fails. */
export const keepingStage = (service: string): Stage => {
  const output = textTopic(`${service}-out`);
  return {
    service,
    deadLetters: `${service}-dlq`,
    handlers: [
      {
        topic: textTopic(`${service}-in`) as Topic<unknown>,
        stores: [texts],
        emits: [output as Topic<unknown>],
        handle: (batch, task) => {
          const store = task.store(texts);
          for (const { key, value, timestampMs } of batch) {
            const text = String(value);
            if (text.startsWith("fail")) throw new Error("never works");
            const emitted = text.startsWith("emit ") ? "x".repeat(Number(text.slice(5))) : text;
            task.emit(output, { key, value: emitted, timestampMs });
            store.put(key, (store.get(key) ?? "") + text);
          }
        },
      },
    ],
  };
};
