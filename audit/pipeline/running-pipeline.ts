// The real services as separate processes, for audits: started on free ports, killed, paused and restarted on purpose.
//
//   L1. An instance is named `<service>-<n>`; `-0` of each is there from the start, others come and go as replicas.
//   L2. An instance that dies is started again at once, and for ever when `restarts` says so.

import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { fileURLToPath } from "node:url";
import { allTopics, type ServiceName } from "@riffle/contracts";
import { createPipelineTopics } from "@riffle/infra/kafka/pipeline-topics";
import { freePorts } from "@riffle/infra/kafka/ports";
import { stopInOrder, waitUntilReady } from "@riffle/infra/launcher/pipeline";
import { RestartPolicy, type RestartVerdict } from "@riffle/infra/launcher/restart-policy";
import { ServiceProcess } from "@riffle/infra/launcher/service-process";
import { connectAdmin } from "@riffle/streams/kafka";
import { LifeEnds } from "./life-ends.ts";

/** What to run. */
export interface PipelineOptions {
  readonly brokers: readonly string[];
  readonly services: readonly ServiceName[];
  /** Environment for all services, on top of what they need. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where each instance keeps a copy of its state, in a folder of its own. @default memory only */
  readonly stateFolder?: string;
  /** `as-launched` gives up after five quick deaths in a row; `always` is for those that are killed that often. */
  readonly restarts?: "as-launched" | "always";
}

/** What is different about the next life of an instance, and about that one alone. */
export interface NextLife {
  /** Variables on top of the others, such as a fail-point. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called when the last life has ended and this one has not begun, with the instance's folder of state, if any. */
  readonly before?: (stateFolder: string | undefined) => void;
}

interface Member {
  readonly service: ServiceProcess;
  readonly adminPort: number;
}

/** For processes that are killed on purpose: their quick deaths say nothing about them. */
class AlwaysRestart extends RestartPolicy {
  override died(): RestartVerdict {
    return { kind: "restart", afterMs: 50 };
  }
}

/** Shared by all runs on this machine. */
const compileCache = join(tmpdir(), "riffle-audit-compile-cache");

const scriptOf = (service: ServiceName): string =>
  fileURLToPath(new URL(`../../services/${service}/dist/main.js`, import.meta.url));

/** Creates the pipeline's topics where they are missing. */
export const createTopics = async (brokers: readonly string[], replicationFactor = 1): Promise<void> =>
  createPipelineTopics(await connectAdmin({ brokers, clientId: "audit-admin" }), allTopics, {
    replicationFactor,
  });

/** A file's lines, a piece of it at a time: the log of an hour of debugging does not fit a string. */
function* linesOf(file: string): Generator<string> {
  const pieces = Buffer.alloc(1 << 20);
  const decoder = new StringDecoder("utf8");
  const opened = openSync(file, "r");
  let rest = "";
  try {
    for (let read = readSync(opened, pieces); read > 0; read = readSync(opened, pieces)) {
      const lines = (rest + decoder.write(pieces.subarray(0, read))).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
  } finally {
    closeSync(opened);
  }
}

/** Services that run until `stop`. */
export class RunningPipeline {
  readonly #options: PipelineOptions;
  readonly #httpPort: number;
  readonly #consolePort: number;
  readonly #members = new Map<string, Member>();
  readonly #nextLife = new Map<string, NextLife>();
  readonly #logs = mkdtempSync(join(tmpdir(), "riffle-audit-"));
  readonly #faults: string[] = [];
  readonly #ends = new LifeEnds();
  #terminations = 0;
  /** What the services printed for people: the notifier's alert lines. */
  readonly printed: string[] = [];

  private constructor(options: PipelineOptions, httpPort: number, consolePort: number) {
    this.#options = options;
    this.#httpPort = httpPort;
    this.#consolePort = consolePort;
  }

  /** Starts the services and waits until each is ready. The topics must exist. */
  static async start(options: PipelineOptions): Promise<RunningPipeline> {
    const [httpPort = 0, consolePort = 0, ...adminPorts] = await freePorts(options.services.length + 2);
    const pipeline = new RunningPipeline(options, httpPort, consolePort);
    options.services.forEach((name, i) => {
      pipeline.#launch(name, 0, adminPorts[i] ?? 0);
    });
    try {
      await pipeline.untilReady();
    } catch (error) {
      await pipeline.stop();
      throw error;
    }
    return pipeline;
  }

  /** Where ingest listens, when it runs. */
  get ingestUrl(): string {
    return `http://127.0.0.1:${this.#httpPort}`;
  }

  /** Where the console listens, when it runs. */
  get consoleUrl(): string {
    return `http://127.0.0.1:${this.#consolePort}`;
  }

  /** Waits until every instance answers its readiness probe. */
  async untilReady(): Promise<void> {
    await waitUntilReady([...this.#members.values()], () => {}, new AbortController().signal);
  }

  /** Waits until the first instance of a service answers its readiness probe. */
  async untilServiceReady(name: ServiceName): Promise<void> {
    const member = this.#members.get(`${name}-0`);
    if (member !== undefined) await waitUntilReady([member], () => {}, new AbortController().signal);
  }

  /**
   * Starts one more instance of a service and waits until it is ready.
   *
   * @returns its number
   * @throws LauncherError when it is not ready in time; it is stopped then
   */
  async addReplica(name: ServiceName): Promise<number> {
    let number = 1;
    while (this.#members.has(`${name}-${number}`)) number++;
    const [adminPort = 0] = await freePorts(1);
    const member = this.#launch(name, number, adminPort);
    try {
      await waitUntilReady([member], () => {}, new AbortController().signal);
    } catch (error) {
      await this.removeReplica(name, number);
      throw error;
    }
    return number;
  }

  /** Stops an instance with SIGTERM; it finishes what it holds. */
  async removeReplica(name: ServiceName, number: number): Promise<void> {
    const member = this.#members.get(`${name}-${number}`);
    this.#members.delete(`${name}-${number}`);
    if (member !== undefined) await stopInOrder([member]);
  }

  /**
   * SIGKILL; it is started again at once.
   *
   * @returns false when it was not running at the time
   */
  kill(name: ServiceName, nextLife?: NextLife): boolean {
    const service = this.#members.get(`${name}-0`)?.service;
    if (nextLife !== undefined) this.#nextLife.set(`${name}-0`, nextLife);
    if (service?.pid === undefined) return false;
    this.#ends.kill(`${name}-0`);
    service.kill();
    return true;
  }

  /** SIGTERM from outside: it shuts down in its own time and is started again. */
  terminate(name: ServiceName): void {
    const pid = this.pidOf(name);
    if (pid === undefined) return;
    this.#terminations++;
    process.kill(pid, "SIGTERM");
  }

  /** SIGSTOP: alive for the system, dead for everybody else. */
  pause(name: ServiceName): void {
    this.#members.get(`${name}-0`)?.service.pause();
  }

  /** SIGCONT. */
  resume(name: ServiceName): void {
    this.#members.get(`${name}-0`)?.service.resume();
  }

  /** Process id of a service's first instance, undefined while it is down. */
  pidOf(name: ServiceName): number | undefined {
    return this.#members.get(`${name}-0`)?.service.pid;
  }

  /** Process ids of all instances of a service that run now. */
  pidsOf(name: ServiceName): number[] {
    const own = new RegExp(`^${name}-\\d+$`);
    return [...this.#members].flatMap(([instance, { service }]) =>
      own.test(instance) && service.pid !== undefined ? [service.pid] : [],
    );
  }

  /** Ports of /metrics of all instances of a service. */
  adminPortsOf(name: ServiceName): number[] {
    const own = new RegExp(`^${name}-\\d+$`);
    return [...this.#members].flatMap(([instance, { adminPort }]) => (own.test(instance) ? [adminPort] : []));
  }

  /** How the service's first instance ended the last time it did: `SIGKILL`, `exit code 1`. */
  lastEndOf(name: ServiceName): string | undefined {
    return this.#ends.lastOf(`${name}-0`);
  }

  /** How often lives of all instances ended in which way (life-ends.ts): `SIGKILL`, `exit code 1`. */
  get endings(): Readonly<Record<string, number>> {
    return this.#ends.counts;
  }

  /** How often a service was asked to shut down and to be started again. */
  get terminations(): number {
    return this.#terminations;
  }

  /** Port of a service's /metrics. */
  adminPortOf(name: ServiceName): number {
    return this.#members.get(`${name}-0`)?.adminPort ?? 0;
  }

  /** What all instances have logged so far, line by line. */
  *logLines(): Generator<string> {
    for (const file of readdirSync(this.#logs)) yield* linesOf(join(this.#logs, file));
  }

  /** Stops all in the order of the flow. @throws when a service had given up */
  async stop(): Promise<void> {
    await stopInOrder([...this.#members.values()]);
    if (this.#faults.length > 0)
      throw new Error(`services gave up, logs in ${this.#logs}:\n${this.#faults.join("\n")}`);
    rmSync(this.#logs, { recursive: true, force: true });
  }

  #launch(name: ServiceName, number: number, adminPort: number): Member {
    const instance = `${name}-${number}`;
    const service: ServiceProcess = new ServiceProcess({
      name: instance,
      args: [scriptOf(name)],
      env: () => this.#environment(name, instance, adminPort),
      logFile: join(this.#logs, `${instance}.log`),
      ...(name === "notifier"
        ? { onOutput: (text: string) => void this.printed.push(...text.trimEnd().split("\n")) }
        : {}),
      policy: this.#options.restarts === "always" ? new AlwaysRestart() : new RestartPolicy(),
      onEnded: ({ code, signal }) => this.#ends.end(instance, code, signal),
      onNews: () => {},
      onFailed: (why) => void this.#faults.push(`${instance} ${why}\n${service.lastLogLines(10)}`),
    });
    const member = { service, adminPort };
    this.#members.set(instance, member);
    service.start();
    return member;
  }

  #environment(name: ServiceName, instance: string, adminPort: number): NodeJS.ProcessEnv {
    const nextLife = this.#nextLife.get(instance);
    this.#nextLife.delete(instance);
    const { stateFolder } = this.#options;
    const ownFolder = stateFolder === undefined ? undefined : join(stateFolder, instance);
    nextLife?.before?.(ownFolder);
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      KAFKA_BROKERS: this.#options.brokers.join(","),
      // A start takes half of the CPU when the compiled code of an earlier one is found.
      NODE_COMPILE_CACHE: compileCache,
      RIFFLE_INSTANCE_ID: instance,
      ADMIN_PORT: String(adminPort),
      // Without a memory of its own, so that every repeat and contradiction reaches the filter, which is audited.
      ...(name === "ingest" ? { HTTP_PORT: String(this.#httpPort), REPEAT_MEMORY_BYTES: "0" } : {}),
      ...(name === "console" ? { HTTP_PORT: String(this.#consolePort) } : {}),
      ...(ownFolder === undefined ? {} : { STATE_DIR: ownFolder }),
      ...this.#options.env,
      ...nextLife?.env,
    };
    this.#ends.begin(instance, env["RIFFLE_FAILPOINT"]);
    return env;
  }
}
