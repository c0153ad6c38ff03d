// Stands between a launcher and one broker's JVM, so that the JVM never outlives the launcher.
//
// The launcher holds the other end of this process's stdin and never writes more than `stop`. However the launcher
// ends (a return, an exception, Ctrl-C, kill -9, the machine out of memory), the kernel closes that pipe, and this
// process sees the end of its stdin. A JVM cannot watch a pipe by itself, and a Node process that is killed with -9
// cannot run any code of its own; hence a process in between.
//
//   V1. `stop` on stdin: SIGTERM to the JVM (a clean shut-down), SIGKILL after `stopWithinMs`.
//   V2. End of stdin without `stop`: nobody is left to want a clean end. SIGKILL, then the data folder goes.
//   V3. This process ends when the JVM has ended.
//   V4. Where the kernel can do it (Linux), the JVM is told to die with this process too, for the case that all
//       node processes are killed at once.
//
// It runs in a session of its own, so that Ctrl-C at the terminal reaches the launcher alone, which then stops
// brokers after services. Plain JavaScript and no imports beyond Node: it starts in 30 ms.
//
// argv[2] is JSON: { command, args, logFile, stopWithinMs, removeWhenOrphaned?: string[] }

import { spawn, spawnSync } from "node:child_process";
import { openSync, rmdirSync, rmSync } from "node:fs";

const options = JSON.parse(process.argv[2] ?? "{}");
const log = openSync(options.logFile, "a");
const [command, args] = dyingWithThisProcess(options.command, options.args);
const jvm = spawn(command, args, { stdio: ["ignore", log, log] });
let stopping = false;

jvm.once("spawn", () => process.stdout.write(`${jvm.pid}\n`));
jvm.once("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
jvm.once("exit", (code) => {
  if (!stopping && process.stdin.readableEnded) {
    removeData();
  }
  process.exit(code ?? 1);
});

process.stdin.setEncoding("utf8");
process.stdin.on("data", (text) => {
  if (text.includes("stop")) {
    stop();
  }
});
process.stdin.once("end", () => {
  if (!stopping) {
    jvm.kill("SIGKILL");
  }
});
// The launcher may be gone while a line to it is still to be written.
process.stdout.on("error", () => {});
process.once("SIGTERM", stop);

function stop() {
  stopping = true;
  jvm.kill("SIGTERM");
  // A paused JVM cannot react to SIGTERM.
  jvm.kill("SIGCONT");
  setTimeout(() => jvm.kill("SIGKILL"), options.stopWithinMs).unref();
}

function dyingWithThisProcess(command, args) {
  const usable =
    process.platform === "linux" && spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0;
  return usable ? ["setpriv", ["--pdeathsig", "KILL", command, ...args]] : [command, args];
}

/** Each folder in turn; a folder that a neighbour still uses is not empty and stays until the last one goes. */
function removeData() {
  const [own, ...shared] = options.removeWhenOrphaned ?? [];
  if (own !== undefined) {
    rmSync(own, { recursive: true, force: true });
  }
  for (const folder of shared) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}
