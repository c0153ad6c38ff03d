// One service of the launcher's: started, restarted when it ends by itself, stopped when asked. It is a child process,
// or whatever else `launch` makes of it.
//
//   stopped ──start──► running ──ends by itself──► waiting ──► running …
//                         │                          └──policy gives up──► failed
//                         └──stop──► stopping ──► stopped
//
// How it is run stands in child-process.ts, and in in-memory/service-thread.ts for one that shares the launcher's process.

import { closeSync, openSync, readFileSync } from "node:fs";
import { launchProcess } from "./child-process.ts";
import type { Launch, RunningService } from "./launch.ts";
import type { RestartPolicy, ServiceExit } from "./restart-policy.ts";

export interface ServiceProcessOptions {
  readonly name: string;
  /** Arguments to this process's own Node: the service's script first. */
  readonly args: readonly string[];
  /** @default as a child process */
  readonly launch?: Launch;
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
  | { readonly kind: "running"; readonly child: RunningService; readonly sinceMs: number }
  | { readonly kind: "waiting"; readonly timer: NodeJS.Timeout }
  | { readonly kind: "stopping"; readonly child: RunningService; readonly gone: PromiseWithResolvers<void> };

export class ServiceProcess {
  readonly name: string;
  readonly #options: ServiceProcessOptions;
  #state: State = { kind: "stopped" };

  constructor(options: ServiceProcessOptions) {
    this.name = options.name;
    this.#options = options;
    closeSync(openSync(options.logFile, "w"));
  }

  /** Process id while it runs in a process of its own. */
  get pid(): number | undefined {
    return this.#state.kind === "running" || this.#state.kind === "stopping"
      ? this.#state.child.pid
      : undefined;
  }

  start(): void {
    const { name, args, env, logFile, onOutput, launch = launchProcess } = this.#options;
    const child = launch({
      name,
      args,
      env: env(),
      logFile,
      onOutput,
      onFault: (error) => this.#options.onFailed(error.message),
      onGone: (code, signal) => this.#ended(code, signal),
    });
    this.#state = { kind: "running", child, sinceMs: performance.now() };
  }

  /** Asks it to end, and ends it after `withinMs`. Resolves when it is gone. */
  async stop(withinMs: number): Promise<void> {
    if (this.#state.kind === "waiting") {
      clearTimeout(this.#state.timer);
      this.#state = { kind: "stopped" };
    }
    if (this.#state.kind === "running") {
      const { child } = this.#state;
      const gone = Promise.withResolvers<void>();
      this.#state = { kind: "stopping", child, gone };
      child.end();
    }
    if (this.#state.kind === "stopping") {
      const { child, gone } = this.#state;
      const timer = setTimeout(() => {
        this.#options.onNews(`${this.name} did not end within ${withinMs / 1000} s and was killed`);
        child.kill();
      }, withinMs);
      await gone.promise;
      clearTimeout(timer);
    }
  }

  /** It stays, and does nothing until `resume`. */
  pause(): void {
    if (this.#state.kind === "running") this.#state.child.pause();
  }

  resume(): void {
    if (this.#state.kind === "running") this.#state.child.resume();
  }

  /** Ends it now, unasked. */
  kill(): void {
    if (this.#state.kind === "running" || this.#state.kind === "stopping") {
      this.#state.child.kill();
    }
  }

  /** The end of its log, for a message about its end. */
  lastLogLines(count: number): string {
    const lines = readFileSync(this.#options.logFile, "utf8").trimEnd().split("\n");
    return lines.slice(-count).join("\n");
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#state.kind !== "running") {
      const { gone } = this.#state.kind === "stopping" ? this.#state : {};
      this.#state = { kind: "stopped" };
      gone?.resolve();
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
