// Windows, sessions and stores with retention, over records of now: what is told and what is kept depends on what stream time
// does when nobody sends.

import { headerNames, type Topic } from "@riffle/contracts/envelope";
import { keyValueStore, windowStore } from "../../src/state/store.ts";
import type { Scenario } from "../../src/testing/simulation/scenario.ts";
import { type HoppingState, HoppingWindows } from "../../src/windows/hopping-window.ts";
import { sum } from "../../src/windows/numbers.ts";
import { perTask } from "../../src/windows/per-task.ts";
import { type SessionState, SessionWindows } from "../../src/windows/session-window.ts";
import type { Window } from "../../src/windows/window.ts";
import type { Task } from "../../src/worker/stage.ts";
import { textTopic } from "../harness/count-stage.ts";

const input = textTopic("idle-in");
const output = textTopic("idle-out");
const panes = keyValueStore<HoppingState<number>>("panes");
const sessions = keyValueStore<SessionState<number>>("sessions");
const kept = windowStore<number>("kept", { sizeMs: 1_000, retentionMs: 2_000 });
const aggregate = sum((value: number) => value);

/** After so much stream time without a record nothing is open and nothing is kept. */
export const nothingIsLeftAfterMs = 5_000;

const operatorsOf = perTask((task: Task) => ({
  windows: new HoppingWindows(task.store(panes), {
    sizeMs: 2_000,
    advanceMs: 1_000,
    graceMs: 500,
    aggregate,
  }),
  sessions: new SessionWindows(task.store(sessions), { gapMs: 1_500, graceMs: 500, aggregate }),
}));

/** @param now virtual time, epoch milliseconds: records are up to half a second older than that */
export const idleScenario = (now: () => number): Scenario => ({
  name: "idle",
  inputs: [input as Topic<unknown>],
  stage: (disturb) => ({
    service: "idle",
    deadLetters: "idle-dlq",
    handlers: [
      {
        topic: input as Topic<unknown>,
        stores: [panes, sessions, kept],
        emits: [output as Topic<unknown>],
        handle: async (batch, task) => {
          const operators = operatorsOf(task);
          const seconds = task.store(kept);
          const telling =
            (what: string) =>
            (told: { readonly key: string; readonly window: Window }): void =>
              task.emit(output, {
                key: told.key,
                value: `${what} ${JSON.stringify(told)}`,
                timestampMs: told.window.endMs,
              });
          for (const record of batch) {
            await disturb(record);
            const { key, timestampMs } = record;
            const { streamTimeMs } = task;
            const observation = { key, timestampMs, value: Number(record.value), streamTimeMs };
            const late = [
              ...operators.windows.observe(observation, telling("window")),
              ...operators.sessions.observe(observation, telling("session")),
            ];
            const startMs = Math.floor(timestampMs / 1_000) * 1_000;
            const before = seconds.get(key, startMs) ?? 0;
            seconds.put(key, startMs, before + 1);
            const value = `record ${before} late ${JSON.stringify(late)}`;
            task.emit(output, { key, value, timestampMs, cause: record });
          }
          operators.windows.closeDue(task.streamTimeMs, telling("window"));
          operators.sessions.closeDue(task.streamTimeMs, telling("session"));
        },
      },
    ],
  }),
  record: (random) => ({
    key: Buffer.from(random.pick(["a", "b", "c", "d"])),
    value: Buffer.from(String(random.int(1, 99))),
    timestampMs: now() - random.int(0, 500),
    headers: [[headerNames.schema, Buffer.from("text/1")]],
  }),
});
