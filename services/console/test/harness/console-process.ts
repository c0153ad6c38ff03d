// The console as a process of its own, as it ships: started, killed, asked over HTTP.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../../../infra/kafka/ports.ts";
import { eventually } from "./eventually.ts";

const script = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** A console that runs. */
export class ConsoleProcess {
  readonly #child: ChildProcess;
  readonly #ports: { readonly http: number; readonly admin: number };
  #log = "";

  private constructor(child: ChildProcess, http: number, admin: number) {
    this.#child = child;
    this.#ports = { http, admin };
    child.stderr?.on("data", (data: Buffer) => {
      this.#log += data;
    });
  }

  /** Starts one; the process runs when this returns, and may still be connecting. */
  static async start(
    brokers: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ConsoleProcess> {
    const [free = 0, admin = 0] = await freePorts(2);
    const http = Number(env["HTTP_PORT"] ?? free);
    const child = spawn(process.execPath, [script], {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        KAFKA_BROKERS: brokers.join(","),
        RIFFLE_INSTANCE_ID: "console-0",
        RETENTION_HOURS: "87600",
        HTTP_PORT: String(http),
        ADMIN_PORT: String(admin),
        ...env,
      },
    });
    return new ConsoleProcess(child, http, admin);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.http}`;
  }

  get log(): string {
    return this.#log;
  }

  /** What a path answers. */
  async get<V>(path: string): Promise<{ readonly status: number; readonly body: V }> {
    const answer = await fetch(`${this.url}${path}`);
    return { status: answer.status, body: (await answer.json()) as V };
  }

  /** The text of a page of the admin port. */
  async admin(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#ports.admin}${path}`)).text();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until the read model is in a phase. @throws with its log when the process has ended instead */
  async untilPhase(phase: "live", withinMs: number): Promise<void> {
    await this.#until((status) => status.phase === phase, withinMs);
  }

  /** Waits until the read model has applied everything that was in the topics, and nothing is left to read. */
  async untilLive(withinMs = 40_000): Promise<void> {
    await this.#until(({ phase, lagRecords }) => phase === "live" && lagRecords === 0, withinMs);
  }

  async #until(
    holds: (status: { readonly phase: string; readonly lagRecords: number }) => boolean,
    withinMs: number,
  ): Promise<void> {
    await eventually(
      "the console is so far",
      async () =>
        this.hasEnded || holds((await this.get<{ phase: string; lagRecords: number }>("/v1/status")).body),
      withinMs,
    );
    if (this.hasEnded) throw new Error(`the console has ended; its log:\n${this.#log}`);
  }

  /** Whether the process is gone. */
  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** SIGKILL, or SIGTERM; returns when it is gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    if (!this.hasEnded) {
      this.#child.kill(signal);
      await once(this.#child, "exit");
    }
    return this.#child.exitCode;
  }
}
