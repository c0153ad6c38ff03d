// A sequence of three with grace: events out of order withdraw what they break, also across a restart.

import { headerNames, type Topic } from "@riffle/contracts/envelope";
import { compile } from "../../src/patterns/compile.ts";
import type { KeyedPatternState, PatternOutput } from "../../src/patterns/keyed-state.ts";
import { PatternOperator } from "../../src/patterns/operator.ts";
import { patternOf } from "../../src/patterns/pattern.ts";
import { keyValueStore } from "../../src/state/store.ts";
import type { Scenario } from "../../src/testing/simulation/scenario.ts";
import { perTask } from "../../src/windows/per-task.ts";
import type { Task } from "../../src/worker/stage.ts";
import { poison, textTopic } from "../harness/count-stage.ts";

const input = textTopic("pat-in");
const output = textTopic("pat-out");

const is = (letter: string) => (event: string) => event === letter;
const program = compile(
  patternOf<string>()
    .begin("a")
    .where(is("a"))
    .followedBy("b")
    .where(is("b"))
    .oneOrMore()
    .followedBy("c")
    .where(is("c"))
    .within(5_000),
  { reportTimedOut: true },
);
type State = KeyedPatternState<string, "a" | "b" | "c">;
const matching = keyValueStore<State>("matching");
const graceMs = 800;

/** `a`, then some `b`, then `c`, within five seconds. */
export const patternScenario: Scenario = {
  name: "patterns",
  // The operator settles what can no longer change from time to time, not at each record.
  stateHasManyForms: true,
  inputs: [input as Topic<unknown>],
  stage: (disturb) => {
    const operatorOf = perTask((task: Task) => {
      const operator = new PatternOperator(task.store(matching), program, { graceMs });
      const tell = (outputs: readonly PatternOutput<string, "a" | "b" | "c">[]): void => {
        for (const told of outputs)
          task.emit(output, {
            key: told.key,
            value: JSON.stringify(told),
            timestampMs: Math.max(0, task.streamTimeMs),
          });
      };
      return { operator, tell };
    });
    return {
      service: "pat",
      deadLetters: "pat-dlq",
      handlers: [
        {
          topic: input as Topic<unknown>,
          stores: [matching],
          emits: [output as Topic<unknown>],
          handle: async (batch, task) => {
            const { operator, tell } = operatorOf(task);
            for (const record of batch) {
              await disturb(record);
              const event = {
                eventTimeMs: record.timestampMs,
                offset: record.offset,
                value: record.value as string,
              };
              tell(operator.observe(record.key, event, task.streamTimeMs));
            }
            tell(operator.advance(task.streamTimeMs));
          },
        },
      ],
    };
  },
  record: (random, index) => ({
    key: Buffer.from(random.pick(["k", "l", "m"])),
    value: random.chance(0.03) ? poison : Buffer.from(random.pick(["a", "b", "b", "c", "x"])),
    timestampMs: index * 150 + random.int(0, 1_000),
    headers: [[headerNames.schema, Buffer.from("text/1")]],
  }),
};
