// The real services as separate processes, for audits: started on free ports, killed on purpose, restarted at once.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allTopics, type ServiceName } from "@riffle/contracts";
import { createPipelineTopics } from "@riffle/infra/kafka/pipeline-topics";
import { freePorts } from "@riffle/infra/kafka/ports";
import { stopInOrder, waitUntilReady } from "@riffle/infra/launcher/pipeline";
import { RestartPolicy } from "@riffle/infra/launcher/restart-policy";
import { ServiceProcess } from "@riffle/infra/launcher/service-process";
import { connectAdmin } from "@riffle/streams/kafka";

/** What to run. */
export interface PipelineOptions {
  readonly brokers: readonly string[];
  readonly services: readonly ServiceName[];
  /** Environment for all services, on top of what they need. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Member {
  readonly service: ServiceProcess;
  readonly adminPort: number;
}

const scriptOf = (service: ServiceName): string =>
  fileURLToPath(new URL(`../../services/${service}/dist/main.js`, import.meta.url));

/** Creates the pipeline's topics where they are missing. */
export const createTopics = async (brokers: readonly string[]): Promise<void> =>
  createPipelineTopics(await connectAdmin({ brokers, clientId: "audit-admin" }), allTopics, {
    replicationFactor: 1,
  });

/** Services that run until `stop`. */
export class RunningPipeline {
  readonly #members: ReadonlyMap<ServiceName, Member>;
  readonly #logs: string;
  readonly #faults: string[] = [];
  /** Where ingest listens, when it runs. */
  readonly ingestUrl: string;
  /** What the services printed for people: the notifier's alert lines. */
  readonly printed: string[] = [];

  private constructor(options: PipelineOptions, ports: readonly number[], logs: string) {
    const [httpPort = 0, ...adminPorts] = ports;
    this.#logs = logs;
    this.ingestUrl = `http://127.0.0.1:${httpPort}`;
    this.#members = new Map(
      options.services.map((name, i) => [name, this.#member(name, options, httpPort, adminPorts[i] ?? 0)]),
    );
  }

  /** Starts the services and waits until each is ready. The topics must exist. */
  static async start(options: PipelineOptions): Promise<RunningPipeline> {
    const ports = await freePorts(options.services.length + 1);
    const pipeline = new RunningPipeline(options, ports, mkdtempSync(join(tmpdir(), "riffle-audit-")));
    for (const { service } of pipeline.#members.values()) service.start();
    try {
      await pipeline.untilReady();
    } catch (error) {
      await pipeline.stop();
      throw error;
    }
    return pipeline;
  }

  /** Waits until every service answers its readiness probe. */
  async untilReady(): Promise<void> {
    await waitUntilReady([...this.#members.values()], () => {}, new AbortController().signal);
  }

  /** SIGKILL; it is started again at once. Returns false when it was not running at the time. */
  kill(name: ServiceName): boolean {
    const service = this.#members.get(name)?.service;
    if (service?.pid === undefined) return false;
    service.kill();
    return true;
  }

  /** Process id of a service, undefined while it is down. */
  pidOf(name: ServiceName): number | undefined {
    return this.#members.get(name)?.service.pid;
  }

  /** Port of a service's /metrics. */
  adminPortOf(name: ServiceName): number {
    return this.#members.get(name)?.adminPort ?? 0;
  }

  /** Stops all in the order of the flow. @throws when a service had given up */
  async stop(): Promise<void> {
    await stopInOrder([...this.#members.values()]);
    if (this.#faults.length > 0)
      throw new Error(`services gave up, logs in ${this.#logs}:\n${this.#faults.join("\n")}`);
    rmSync(this.#logs, { recursive: true, force: true });
  }

  #member(name: ServiceName, options: PipelineOptions, httpPort: number, adminPort: number): Member {
    const service: ServiceProcess = new ServiceProcess({
      name,
      args: [scriptOf(name)],
      env: {
        ...process.env,
        KAFKA_BROKERS: options.brokers.join(","),
        RIFFLE_INSTANCE_ID: `${name}-0`,
        ADMIN_PORT: String(adminPort),
        ...(name === "ingest" ? { HTTP_PORT: String(httpPort) } : {}),
        ...options.env,
      },
      logFile: join(this.#logs, `${name}.log`),
      ...(name === "notifier"
        ? { onOutput: (text: string) => void this.printed.push(...text.trimEnd().split("\n")) }
        : {}),
      policy: new RestartPolicy(),
      onNews: () => {},
      onFailed: (why) => void this.#faults.push(`${name} ${why}\n${service.lastLogLines(10)}`),
    });
    return { service, adminPort };
  }
}
