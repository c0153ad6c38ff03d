// Two inputs that meet in one store, as alerts and commands do in the notifier: a commit moves both positions, or one.

import { headerNames, type Topic } from "@riffle/contracts/envelope";
import { keyValueStore } from "../../src/state/store.ts";
import type { Disturbance, Scenario } from "../../src/testing/simulation/scenario.ts";
import type { TopicHandler } from "../../src/worker/stage.ts";
import { textTopic } from "../harness/count-stage.ts";

const payments = textTopic("pay-in");
const refunds = textTopic("refund-in");
const paid = textTopic("pay-out");
const refunded = textTopic("refund-out");
/** The name of the second. */
export const secondInput = refunds.name;

const balances = keyValueStore<number>("balances");

/** Adds to its key's balance and says what it has added. Sums commute; one of 0 is forgotten. */
const adding = (
  input: Topic<string>,
  output: Topic<string>,
  sign: 1 | -1,
  disturb: Disturbance,
): TopicHandler => ({
  topic: input as Topic<unknown>,
  stores: [balances],
  emits: [output as Topic<unknown>],
  handle: async (batch, task) => {
    const store = task.store(balances);
    for (const record of batch) {
      await disturb(record);
      const { key, value, timestampMs } = record;
      const balance = (store.get(key) ?? 0) + sign * Number(value);
      if (balance === 0) store.delete(key);
      else store.put(key, balance);
      task.emit(output, { key, value: `${sign}${value}`, timestampMs, cause: record });
    }
  },
});

/** Every record gives one output. The balance of a key is what was paid less what was paid back. */
export const twoInputsScenario: Scenario = {
  name: "two inputs",
  inputs: [payments as Topic<unknown>, refunds as Topic<unknown>],
  stage: (disturb) => ({
    service: "two",
    deadLetters: "two-dlq",
    handlers: [adding(payments, paid, 1, disturb), adding(refunds, refunded, -1, disturb)],
  }),
  record: (random, index) => ({
    key: Buffer.from(random.pick(["a", "b", "c", "d"])),
    // Few sums, so that a balance often comes back to 0.
    value: Buffer.from(String(random.int(1, 3))),
    timestampMs: index * 100 + random.int(0, 1_000),
    headers: [[headerNames.schema, Buffer.from("text/1")]],
  }),
};
