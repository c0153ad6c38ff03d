// A service as a thread of the launcher's process: the same script, with an environment, a module graph and an exit of its
// own. What a machine with neither Docker nor Java runs: six processes take longer to start, and more memory.
//
//   ST1. It ends with the launcher, being part of it.
//   ST2. Its standard input is a pipe that nobody writes to; closing it asks the service to end in order
//        (RIFFLE_EXIT_WITH_PARENT), since a signal reaches a process and not a thread.
//   ST3. Its log goes straight to a file (RIFFLE_LOG_FD), so that its last line before an exit is there.
//   ST4. What throws in it ends the thread alone, with code 1; it is started again as a process would be.

import { closeSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import { Worker } from "node:worker_threads";
import type { Launch } from "../launch.ts";

/** Young generation of a thread. The default is made for one heap in a process, and here there are six. */
const youngMb = 4;

/** Runs a service in a thread. */
export const launchThread: Launch = ({ name, args, env, logFile, onOutput, onGone }) => {
  const [script = "", ...argv] = args;
  const log = openSync(logFile, "a");
  const write = (text: string): void => {
    writeSync(log, text);
  };
  const thread = new Worker(resolve(script), {
    name,
    argv,
    env: { ...env, RIFFLE_EXIT_WITH_PARENT: "1", RIFFLE_LOG_FD: String(log) },
    stdin: true,
    stdout: true,
    stderr: true,
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  });
  thread.stdin?.on("error", () => undefined);
  thread.stdout.setEncoding("utf8").on("data", onOutput ?? write);
  thread.stderr.setEncoding("utf8").on("data", write);
  thread.on("error", (error) => write(`${error.stack ?? error.message}\n`));
  const told = [thread.stdout, thread.stderr].map((stream) => finished(stream).catch(() => undefined));
  thread.once("exit", async (code) => {
    // What it printed last may come after its end; a number that is closed may soon be another file's.
    await Promise.all(told);
    closeSync(log);
    onGone(code, null);
  });
  return {
    pid: undefined,
    end: () => thread.stdin?.end(),
    kill: () => void thread.terminate(),
    pause: () => undefined,
    resume: () => undefined,
  };
};
