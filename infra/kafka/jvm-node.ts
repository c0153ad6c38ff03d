// One broker under a local Java: its files, its process behind a supervisor, its end.
//
//   down ──start──► up ──stop──► down (clean)
//                   │ ▲
//                kill └──restart── down (as after a power cut)
//
// The supervisor (jvm-supervisor.mjs) guarantees that the JVM ends when this process does. Its handles are
// unreferenced while the broker runs, so a forgotten broker keeps no program from ending.

import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { waitForBrokers } from "./broker-check.ts";
import { toProperties } from "./broker-config.ts";
import { LocalKafkaError, reasonOf } from "./errors.ts";
import type { KafkaNode } from "./running-kafka.ts";
import { type SecureListener, scramArguments } from "./secure-listener.ts";

const run = promisify(execFile);

/** A clean shut-down takes about a second; past this the data is worth nothing to a local run. */
const stopWithinMs = 10_000;
/** Three JVMs at once on two busy cores need ten times what one needs on an idle machine. */
export const startWithinMs = 90_000;

/** What a node is made of. */
export interface JvmNodeOptions {
  readonly id: number;
  readonly address: string;
  readonly behindProxy: string | undefined;
  readonly secureAddress: string | undefined;
  /** Undefined for the newest that the broker knows. */
  readonly transactionVersion: 0 | 1 | 2 | undefined;
  readonly secure: SecureListener | undefined;
  readonly java: string;
  readonly classPath: string;
  /** `-Xmx512m` and the like. */
  readonly jvmFlags: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** This node's own folder: its configuration, its log, its data. */
  readonly folder: string;
  /** Whether the data is temporary: it goes with the broker, also when the launcher dies without stopping it. */
  readonly temporary: boolean;
}

type Supervisor = ChildProcessByStdio<Writable, Readable, Readable>;

interface Process {
  readonly supervisor: Supervisor;
  readonly pid: number;
  /** Resolves when the supervisor, and so the JVM, is gone. */
  readonly gone: Promise<void>;
}

export class JvmNode implements KafkaNode {
  readonly id: number;
  readonly address: string;
  readonly behindProxy: string | undefined;
  readonly secureAddress: string | undefined;
  readonly #options: JvmNodeOptions;
  #process: Process | undefined;

  constructor(options: JvmNodeOptions) {
    this.id = options.id;
    this.address = options.address;
    this.behindProxy = options.behindProxy;
    this.secureAddress = options.secureAddress;
    this.#options = options;
  }

  /** This node's own folder. */
  get folder(): string {
    return this.#options.folder;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Writes the configuration and formats the data folder for `clusterId`. Once, before the first start. */
  async format(clusterId: string): Promise<void> {
    const { java, classPath, settings, folder, transactionVersion, secure } = this.#options;
    await mkdir(folder, { recursive: true });
    await writeFile(this.#file("server.properties"), toProperties(settings));
    await writeFile(this.#file("log4j2.properties"), logConfiguration);
    const args = [
      "-Xmx64m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      ...this.#logFlags(),
      "-cp",
      classPath,
    ];
    const tool = [
      "kafka.tools.StorageTool",
      "format",
      "-t",
      clusterId,
      "-c",
      this.#file("server.properties"),
      ...(transactionVersion === undefined ? [] : ["--feature", `transaction.version=${transactionVersion}`]),
      ...(secure === undefined ? [] : scramArguments(secure)),
    ];
    try {
      await run(java, [...args, ...tool], { timeout: startWithinMs });
    } catch (error) {
      throw new LocalKafkaError("KAFKA_START_FAILED", `formatting broker ${this.id}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Starts the JVM and resolves when its process exists; whether it serves is asked elsewhere. */
  async start(): Promise<void> {
    if (this.#process !== undefined) {
      throw new LocalKafkaError(
        "KAFKA_START_FAILED",
        `broker ${this.id} runs already (pid ${this.#process.pid})`,
      );
    }
    const { java, classPath, jvmFlags, folder, temporary } = this.#options;
    const order = {
      command: java,
      args: [
        ...jvmFlags,
        ...this.#logFlags(),
        "-cp",
        classPath,
        "kafka.Kafka",
        this.#file("server.properties"),
      ],
      logFile: this.#file("broker.log"),
      stopWithinMs,
      removeWhenOrphaned: temporary ? [folder, dirname(folder)] : undefined,
    };
    const script = join(import.meta.dirname, "jvm-supervisor.mjs");
    const supervisor = spawn(process.execPath, [script, JSON.stringify(order)], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      env: withoutNodeOptions(process.env),
    });
    this.#process = await this.#adopt(supervisor);
  }

  /** Resolves when the broker's process ends, whatever ends it; at once when it is down. */
  async ended(): Promise<void> {
    await this.#process?.gone;
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const running = this.#process;
    if (running === undefined) {
      throw new LocalKafkaError("KAFKA_START_FAILED", `broker ${this.id} cannot get ${signal}: it is down`);
    }
    process.kill(running.pid, signal);
    if (signal === "SIGKILL" || signal === "SIGTERM" || signal === "SIGINT") {
      await this.#gone(running);
    }
  }

  async restart(): Promise<void> {
    await this.start();
    await untilServing([this], startWithinMs);
  }

  /**
   * Ends the broker; nothing when it is down already. Data that is kept gets a clean shut-down. Data that is about
   * to be deleted needs none, and three brokers that hand their partitions to each other first take 6 s over it.
   */
  async stop(): Promise<void> {
    const running = this.#process;
    if (running !== undefined) {
      const order = this.#options.temporary ? "" : "stop\n";
      running.supervisor.stdin.end(order);
      await this.#gone(running);
    }
  }

  /** The end of the broker's log, for the message of an error. */
  async lastLogLines(count: number): Promise<string> {
    const text = await readFile(this.#file("broker.log"), "utf8").catch(() => "(no log)");
    return text.trimEnd().split("\n").slice(-count).join("\n");
  }

  /** Waits for the end with the handles referenced, so that the event loop stays for it. */
  async #gone({ supervisor, gone }: Process): Promise<void> {
    supervisor.ref();
    await gone;
  }

  async #adopt(supervisor: Supervisor): Promise<Process> {
    const gone = once(supervisor, "exit").then(() => {
      this.#process = undefined;
    });
    // The pipe breaks when the supervisor ends first; `gone` tells of that.
    supervisor.stdin.on("error", () => undefined);
    let complaint = "";
    supervisor.stderr.on("data", (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    const first = await Promise.race([once(supervisor.stdout, "data"), gone]);
    const pid = Number(String(first?.[0] ?? ""));
    if (!(pid > 0)) {
      throw new LocalKafkaError(
        "KAFKA_START_FAILED",
        `starting broker ${this.id}: ${complaint.trim() || "no process"}`,
      );
    }
    for (const handle of [supervisor, supervisor.stdin, supervisor.stdout, supervisor.stderr]) {
      unref(handle);
    }
    return { supervisor, pid, gone };
  }

  #logFlags(): string[] {
    return [`-Dlog4j2.configurationFile=${this.#file("log4j2.properties")}`];
  }

  #file(name: string): string {
    return join(this.#options.folder, name);
  }
}

/**
 * Resolves when every node answers and sees the others.
 *
 * @throws LocalKafkaError when one ends instead, or `withinMs` are over
 */
export async function untilServing(nodes: readonly JvmNode[], withinMs: number): Promise<void> {
  const abort = new AbortController();
  const firstEnd = Promise.race(nodes.map(async (node) => await failWhenEnded(node)));
  const serving = waitForBrokers(
    nodes.map((node) => node.address),
    withinMs,
    abort.signal,
  );
  try {
    await Promise.race([serving, firstEnd]);
  } finally {
    abort.abort();
    // Either may still reject, and has nobody left to tell.
    serving.catch(() => undefined);
    firstEnd.catch(() => undefined);
  }
}

async function failWhenEnded(node: JvmNode): Promise<never> {
  await node.ended();
  throw new LocalKafkaError(
    "KAFKA_START_FAILED",
    `broker ${node.id} ended while starting; the end of its log:\n${await node.lastLogLines(20)}`,
  );
}

/** Pipes of a child are sockets, which can be unreferenced though their type does not say so. */
function unref(handle: object): void {
  if ("unref" in handle && typeof handle.unref === "function") {
    handle.unref();
  }
}

/** A debugger or loader meant for the launcher must not open in the supervisor as well. */
function withoutNodeOptions(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== "NODE_OPTIONS"));
}

/** Everything to the broker's stdout, which the supervisor sends to broker.log together with what the JVM itself says. */
const logConfiguration = `status = error
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %-5p %m (%c{1})%n
rootLogger.level = info
rootLogger.appenderRef.out.ref = OUT
`;
