// How a process ends when it is asked to.
//
//   D1. Steps run one after the other, last registered first: what was started last depends on what was before.
//   D2. A failing step does not keep the others from running, but the exit code is 1.
//   D3. The whole has a deadline; past it the process ends with code 1, naming the step that hung.
//   D4. A second signal ends the process at once, except within `sameWishMs` of the first: a terminal sends
//       SIGINT to the whole process group while the launcher passes on its own SIGTERM, and both mean one wish.
//       (This is why close-with-grace is not used: it takes the echo for impatience and kills the drain.)
//   D5. Under RIFFLE_EXIT_WITH_PARENT=1 the end of standard input is such a wish too: the launcher has died.

import type { Readable } from "node:stream";
import type { Logger } from "./logger.ts";

/** One thing to do at shutdown: close, flush, leave. */
export type ShutdownStep = () => void | Promise<void>;

/** How a shutdown went. */
export interface ShutdownResult {
  /** Whether every step ended well within the deadline. */
  readonly ok: boolean;
  /** One sentence for each step that did not. */
  readonly failures: readonly string[];
}

/** Echoes of one Ctrl-C arrive within milliseconds; a person pressing again takes longer. */
const sameWishMs = 500;

/** The ordered steps of a shutdown. */
export class Shutdown {
  readonly #steps: { readonly name: string; readonly step: ShutdownStep }[] = [];
  readonly #log: Logger;
  readonly #deadlineMs: number;
  #running: Promise<ShutdownResult> | undefined;
  #current = "none";

  constructor(log: Logger, deadlineMs: number) {
    this.#log = log;
    this.#deadlineMs = deadlineMs;
  }

  /** Whether a shutdown has begun. */
  get begun(): boolean {
    return this.#running !== undefined;
  }

  /** Adds a step, to run before all those registered so far. Without effect once the shutdown has begun. */
  add(name: string, step: ShutdownStep): void {
    this.#steps.push({ name, step });
  }

  /** Runs the steps; a repeated call returns the first one's result. Never rejects. */
  run(reason: string): Promise<ShutdownResult> {
    this.#running ??= this.#runWithin(reason);
    return this.#running;
  }

  async #runWithin(reason: string): Promise<ShutdownResult> {
    this.#log.info({ reason, deadlineMs: this.#deadlineMs }, "shutting down");
    const failures: string[] = [];
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), this.#deadlineMs);
    });
    const outcome = await Promise.race([this.#runSteps(failures), deadline]);
    clearTimeout(timer);
    if (outcome === "late") failures.push(`${this.#current}: not done after ${this.#deadlineMs} ms`);
    const ok = failures.length === 0;
    if (ok) this.#log.info("shut down");
    else this.#log.error({ failures }, "shut down with failures");
    return { ok, failures };
  }

  async #runSteps(failures: string[]): Promise<"done"> {
    for (const { name, step } of this.#steps.toReversed()) {
      this.#current = name;
      try {
        await step();
        this.#log.debug({ step: name }, "shutdown step done");
      } catch (error) {
        this.#log.error({ step: name, err: error }, "shutdown step failed");
        failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return "done";
  }
}

/** Where wishes to end come from. The defaults are this process's own. */
export interface ShutdownTriggers {
  /** What to do at the first wish. */
  readonly begin: (reason: string) => void;
  /** What to do at a second one, later than 500 ms. */
  readonly force: (reason: string) => void;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default process.stdin, touched only under RIFFLE_EXIT_WITH_PARENT=1 */
  readonly stdin?: Readable;
  /** Milliseconds that only rise. @default performance.now */
  readonly nowMs?: () => number;
}

/** Listens for SIGTERM, SIGINT and SIGHUP, and for the parent's end where asked to. Returns how to stop listening. */
export function listenForShutdown(triggers: ShutdownTriggers): () => void {
  const { begin, force, env = process.env, nowMs = () => performance.now() } = triggers;
  let firstAtMs: number | undefined;
  const wish = (reason: string): void => {
    const now = nowMs();
    if (firstAtMs === undefined) {
      firstAtMs = now;
      begin(reason);
    } else if (now - firstAtMs > sameWishMs) force(reason);
  };
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, wish);

  let stdin: Readable | undefined;
  // The parent's end is no impatience: it never forces.
  const parentEnded = (): void => {
    if (firstAtMs === undefined) wish("the launcher ended");
  };
  if (env["RIFFLE_EXIT_WITH_PARENT"] === "1") {
    stdin = triggers.stdin ?? process.stdin;
    for (const event of ["end", "close", "error"]) stdin.on(event, parentEnded);
    stdin.resume();
  }
  return () => {
    for (const signal of signals) process.off(signal, wish);
    for (const event of ["end", "close", "error"]) stdin?.off(event, parentEnded);
  };
}
