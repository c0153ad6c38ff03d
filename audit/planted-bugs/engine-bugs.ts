// Planted bugs of time, windows, patterns and state.

import type { PlantedBug } from "./planted-bug.ts";

const unit = (file: string): PlantedBug["caughtBy"] => ({
  project: "unit",
  file: `packages/streams/test/unit/${file}`,
});

/** Directed runs of the simulation. */
const simulated = (runs: string): PlantedBug["caughtBy"] => ({
  project: "sim",
  file: `packages/streams/test/sim/${runs}.test.ts`,
});

/** The audit's own verdict, on the services' handlers. */
const verdict: PlantedBug["caughtBy"] = {
  project: "unit",
  file: "audit/test/unit/faults/verdict.test.ts",
};

/** Bugs of packages/streams/src/time, windows, patterns and state. */
export const engineBugs: readonly PlantedBug[] = [
  {
    name: "late-one-millisecond-later",
    story: "A record is counted in a window that has been told already.",
    file: "packages/streams/src/time/stream-time.ts",
    find: "  streamTimeMs >= windowEndMs + graceMs;",
    replace: "  streamTimeMs > windowEndMs + graceMs;",
    caughtBy: unit("time/stream-time.test.ts"),
  },
  {
    name: "grace-ignored",
    story: "Records a little out of order are late.",
    file: "packages/streams/src/time/stream-time.ts",
    find: "streamTimeMs - graceMs;",
    replace: "streamTimeMs - graceMs * 0;",
    caughtBy: unit("windows/hopping-window.test.ts"),
  },
  {
    name: "stream-time-goes-back",
    story: "What is late depends on the order of arrival twice.",
    file: "packages/streams/src/time/stream-time.ts",
    find: "  Math.max(streamTimeMs, eventTimeMs);",
    replace: "  eventTimeMs + streamTimeMs * 0;",
    caughtBy: unit("time/stream-time.test.ts"),
  },
  {
    name: "windows-before-the-epoch-misaligned",
    story: "Times before 1970 fall between two windows.",
    file: "packages/streams/src/windows/assigners.ts",
    find: "  Math.floor(timestampMs / stepMs) * stepMs;",
    replace: "  Math.trunc(timestampMs / stepMs) * stepMs;",
    caughtBy: unit("windows/assigners.test.ts"),
  },
  {
    name: "window-end-inclusive",
    story: "A record at the end of a window is counted in it and in the next.",
    file: "packages/streams/src/windows/assigners.ts",
    find: "return { startMs, endMs: startMs + sizeMs };",
    replace: "return { startMs, endMs: startMs + sizeMs + 1 };",
    caughtBy: unit("windows/assigners.test.ts"),
  },
  {
    name: "session-gap-exclusive",
    story: "A transaction exactly the gap later opens a session of its own.",
    file: "packages/streams/src/windows/assigners.ts",
    find: "  endMs: lastMs + gapMs + 1,",
    replace: "  endMs: lastMs + gapMs,",
    caughtBy: unit("windows/session-window.test.ts"),
  },
  {
    name: "timer-fires-late",
    story: "What is due at a millisecond happens at the next record instead.",
    file: "packages/streams/src/time/due-index.ts",
    find: "dueMs > nowMs",
    replace: "dueMs >= nowMs",
    caughtBy: unit("time/timers.test.ts"),
  },
  {
    name: "external-calls-forgotten-at-restart",
    story:
      "What a task owed the outside world when its process died is never done, unless a record comes by.",
    file: "packages/streams/src/worker/task-restorer.ts",
    find: "if (this.#options.stage.handlers.some(({ external }) => external === true)) task.wake();",
    replace: "",
    caughtBy: { project: "unit", file: "packages/streams/test/unit/worker/external-calls.test.ts" },
  },
  {
    name: "calls-of-a-dead-task-go-on",
    story: "A task that was given up goes on calling, beside its new owner.",
    file: "packages/streams/src/worker/task.ts",
    find: "    this.#ended.abort();",
    replace: "",
    caughtBy: { project: "unit", file: "packages/streams/test/unit/worker/external-calls.test.ts" },
  },
  {
    name: "lazy-store-forgets-what-was-put",
    story: "A task reads the state of before its own write.",
    file: "packages/streams/src/state/lazy-store.ts",
    find: "    this.#unread.delete(key);\n    this.#read.set(key, value);\n  }",
    replace: "    this.#unread.delete(key);\n    if (!this.#read.has(key)) this.#read.set(key, value);\n  }",
    caughtBy: unit("state/lazy-store.test.ts"),
  },
  {
    name: "lazy-store-keeps-foreign-bytes",
    story: "State that was restored changes when the buffer of its fetch is used again.",
    file: "packages/streams/src/state/lazy-store.ts",
    find: "isAllOfItsBuffer ? bytes : Buffer.copyBytesFrom(bytes)",
    replace: "isAllOfItsBuffer ? bytes : bytes",
    caughtBy: unit("state/lazy-store.test.ts"),
  },
  {
    name: "copy-written-before-the-commit",
    story: "After a commit that failed a service goes on from what it would have written.",
    file: "packages/streams/src/state/changelogged-store.ts",
    find: "if (this.#committed !== undefined) this.#unconfirmed.push(change);",
    replace: "this.#committed?.(change);",
    caughtBy: simulated("copies"),
  },
  {
    name: "copy-lacks-what-was-replayed",
    story: "A checkpoint says that the copy has what it lacks; the restart after the next one forgets it.",
    file: "packages/streams/src/worker/task-restorer.ts",
    find: "const stages = copy !== undefined;",
    replace: "const stages = copy === undefined;",
    caughtBy: simulated("copies"),
  },
  {
    name: "torn-copy-believed",
    story: "After the machine stopped a service starts on a file that is older than its seal.",
    file: "packages/streams/src/state/state-directory.ts",
    find: 'if (found?.bytes !== seal.bytes || found.crc !== seal.crc) return "damaged";',
    replace: 'if (found === undefined) return "damaged";',
    caughtBy: simulated("copies"),
  },
  {
    name: "copy-too-old-believed",
    story: "A disk that comes back after days brings back keys that were removed meanwhile.",
    file: "packages/streams/src/state/checkpoint.ts",
    find: 'if (nowMs - checkpoint.coveredAtMs > facts.deleteRetentionMs / 2) return "too-old";',
    replace: "",
    caughtBy: simulated("copies"),
  },
  {
    name: "idle-advance-waits-for-a-record",
    story: "What closes when nobody sends is told when somebody does.",
    file: "packages/streams/src/worker/worker.ts",
    find: "if (task.changed) this.#uncommittedSince ??= at;",
    replace: "",
    caughtBy: simulated("silences"),
  },
  {
    name: "commit-too-large-for-ever",
    story: "A worker that has become slow repeats one commit that never fits its transaction's time-out.",
    file: "packages/streams/src/worker/commit-size.ts",
    find: "Math.min(records, this.#limit) / 2",
    replace: "Math.max(records, this.#limit)",
    caughtBy: unit("worker/worker-commit.test.ts"),
  },
  {
    name: "idle-advance-at-every-look",
    story: "A service that nobody sends to commits several times a second, for nothing.",
    file: "packages/streams/src/worker/idle-tasks.ts",
    find: "this.#advancedAt.set(task.partition, atMs);",
    replace: "",
    caughtBy: simulated("silences"),
  },
  {
    name: "session-emitted-twice",
    story: "A session is told twice, and whoever adds sessions up has a customer spend double.",
    file: "packages/streams/src/windows/session-window.ts",
    find: 'this.#tell("final", key, first, emit);',
    replace: 'this.#tell("final", key, first, emit);\n      this.#tell("final", key, first, emit);',
    caughtBy: verdict,
  },
  {
    name: "sliding-result-differs",
    story: "A running average leaves out the oldest of its five minutes.",
    file: "packages/streams/src/windows/sliding-window.ts",
    find: "this.#instants.within(state.instants, window)",
    replace: "this.#instants.within(state.instants, { ...window, startMs: window.startMs + 60_000 })",
    caughtBy: verdict,
  },
  {
    name: "tumbling-window-told-as-hopping",
    story:
      "A window is cut by another's advance: what an account spent in five minutes is what it spent in one.",
    file: "packages/streams/src/windows/tumbling-window.ts",
    find: "advanceMs: options.sizeMs });",
    replace: "advanceMs: options.sizeMs / 5 });",
    caughtBy: verdict,
  },
  {
    name: "received-at-not-handed-on",
    story: "How long a transaction was under way is not known behind the first service.",
    file: "packages/streams/src/worker/record-decoding.ts",
    find: "if (receivedAt !== undefined) headers.push(",
    replace: 'if (receivedAt === "") headers.push(',
    caughtBy: verdict,
  },
];
