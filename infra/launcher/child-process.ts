// A service as a child process.
//
//   P1. The service dies with the launcher, however that ends: it holds the read end of a pipe that nobody writes to,
//       and shuts down when the pipe closes (RIFFLE_EXIT_WITH_PARENT).
//   P2. It is in a process group of its own, so that Ctrl-C reaches the launcher alone, which then keeps the order.
//   P3. Its logs go straight to a file, not through the launcher: they are complete even when the launcher is killed.

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Launch } from "./launch.ts";

/** Runs a service under this process's own Node. */
export const launchProcess: Launch = ({ args, env, logFile, onOutput, onFault, onGone }) => {
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, [...args], {
    env: { ...env, RIFFLE_EXIT_WITH_PARENT: "1" },
    stdio: ["pipe", onOutput === undefined ? log : "pipe", log],
    detached: true,
  });
  closeSync(log);
  child.stdin?.on("error", () => undefined);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => onOutput?.(text));
  child.once("error", onFault);
  child.once("exit", onGone);
  return {
    pid: child.pid,
    end: () => child.kill("SIGTERM"),
    kill: () => child.kill("SIGKILL"),
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
  };
};
