// One service as a child process: started, restarted when it ends by itself, stopped when asked.
//
//   stopped ──start──► running ──ends by itself──► waiting ──► running …
//                         │                          └──policy gives up──► failed
//                         └──stop──► stopping ──► stopped
//
//   P1. The service dies with the launcher, however that ends: it holds the read end of a pipe that nobody writes to,
//       and shuts down when the pipe closes (RIFFLE_EXIT_WITH_PARENT).
//   P2. It is in a process group of its own, so that Ctrl-C reaches the launcher alone, which then keeps the order.
//   P3. Its logs go straight to a file, not through the launcher: they are complete even when the launcher is killed.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { type RestartPolicy, type ServiceExit } from "./restart-policy.ts";

export interface ServiceProcessOptions {
  readonly name: string;
  /** Arguments to this process's own Node: the service's script first. */
  readonly args: readonly string[];
  /** Its environment, asked for at each start. */
  readonly env: () => NodeJS.ProcessEnv;
  /** Emptied at the first start. Standard error goes here. */
  readonly logFile: string;
  /** What the service prints for people. Undefined sends standard output to the log file as well. */
  readonly onOutput?: (text: string) => void;
  readonly policy: RestartPolicy;
  /** Called at each end that nobody asked for through `stop`. */
  readonly onEnded?: (exit: ServiceExit) => void;
  /** One line about what happened to it. */
  readonly onNews: (line: string) => void;
  /** Called once, when it has ended and is not started again. */
  readonly onFailed: (why: string) => void;
}

type State =
  | { readonly kind: "stopped" }
  | { readonly kind: "running"; readonly child: ChildProcess; readonly sinceMs: number }
  | { readonly kind: "waiting"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "stopping"; readonly child: ChildProcess; readonly gone: Promise<void> };

export class ServiceProcess {
  readonly name: string;
  readonly #options: ServiceProcessOptions;
  #state: State = { kind: "stopped" };

  constructor(options: ServiceProcessOptions) {
    this.name = options.name;
    this.#options = options;
    closeSync(openSync(options.logFile, "w"));
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#state.kind === "running" || this.#state.kind === "stopping"
      ? this.#state.child.pid
      : undefined;
  }

  start(): void {
    const { args, env, logFile, onOutput } = this.#options;
    const log = openSync(logFile, "a");
    const child = spawn(process.execPath, [...args], {
      env: { ...env(), RIFFLE_EXIT_WITH_PARENT: "1" },
      stdio: ["pipe", onOutput === undefined ? log : "pipe", log],
      detached: true,
    });
    closeSync(log);
    this.#state = { kind: "running", child, sinceMs: performance.now() };
    child.stdin?.on("error", () => undefined);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => onOutput?.(text));
    child.once("error", (error) => this.#options.onFailed(error.message));
    child.once("exit", (code, signal) => this.#ended(code, signal));
  }

  /** SIGTERM, then SIGKILL after `withinMs`. Resolves when the process is gone. */
  async stop(withinMs: number): Promise<void> {
    if (this.#state.kind === "waiting") {
      clearTimeout(this.#state.timer);
      this.#state = { kind: "stopped" };
    }
    if (this.#state.kind === "running") {
      const { child } = this.#state;
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      this.#state = { kind: "stopping", child, gone };
      child.kill("SIGTERM");
    }
    if (this.#state.kind === "stopping") {
      const { child, gone } = this.#state;
      const timer = setTimeout(() => {
        this.#options.onNews(`${this.name} did not end within ${withinMs / 1000} s and was killed`);
        child.kill("SIGKILL");
      }, withinMs);
      await gone;
      clearTimeout(timer);
    }
  }

  /** SIGSTOP: it stays, and does nothing until `resume`. */
  pause(): void {
    if (this.#state.kind === "running") this.#state.child.kill("SIGSTOP");
  }

  /** SIGCONT. */
  resume(): void {
    if (this.#state.kind === "running") this.#state.child.kill("SIGCONT");
  }

  /** SIGKILL, now. */
  kill(): void {
    if (this.#state.kind === "running" || this.#state.kind === "stopping") {
      this.#state.child.kill("SIGKILL");
    }
  }

  /** The end of its log, for a message about its end. */
  lastLogLines(count: number): string {
    const lines = readFileSync(this.#options.logFile, "utf8").trimEnd().split("\n");
    return lines.slice(-count).join("\n");
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#state.kind !== "running") {
      this.#state = { kind: "stopped" };
      return;
    }
    const exit: ServiceExit = { code, signal, livedMs: performance.now() - this.#state.sinceMs };
    this.#options.onEnded?.(exit);
    const how = signal === null ? `exit code ${code}` : signal;
    const verdict = this.#options.policy.died(exit);
    if (verdict.kind === "give-up") {
      this.#state = { kind: "stopped" };
      this.#options.onFailed(`ended (${how}) and is not started again: ${verdict.why}`);
      return;
    }
    this.#options.onNews(`${this.name} ended (${how}); starting it again in ${verdict.afterMs / 1000} s`);
    this.#state = { kind: "waiting", timer: setTimeout(() => this.start(), verdict.afterMs) };
  }
}
