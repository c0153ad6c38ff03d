// The whole of it as processes of their own, as they ship: the five services of the pipeline, and the console in front.
//
//   R1. The console that is killed is started again at once, on the same port and with the same database.
//   R2. It has a Kafka of its own: a first start is one where nothing was sent before, whatever ran earlier.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allTopics } from "@riffle/contracts";
import { connectAdmin } from "@riffle/streams/kafka";
import { startKafka } from "../../../../infra/kafka/local-kafka.ts";
import { createPipelineTopics } from "../../../../infra/kafka/pipeline-topics.ts";
import { freePorts } from "../../../../infra/kafka/ports.ts";
import type { RunningKafka } from "../../../../infra/kafka/running-kafka.ts";
import { waitUntilReady } from "../../../../infra/launcher/pipeline.ts";
import { RestartPolicy } from "../../../../infra/launcher/restart-policy.ts";
import { ServiceProcess } from "../../../../infra/launcher/service-process.ts";

const names = ["ingest", "filter", "aggregator", "fraud-detector", "notifier", "console"] as const;
const stopWithinMs = 10_000;

interface Member {
  readonly service: ServiceProcess;
  readonly adminPort: number;
}

interface Parts {
  readonly kafka: RunningKafka;
  readonly folder: string;
  readonly url: string;
  readonly ingestUrl: string;
  readonly consoleEnv: Record<string, string>;
  readonly members: readonly Member[];
}

/** Six services that run until `stop`. */
export class RunningConsole {
  readonly url: string;
  readonly ingestUrl: string;
  readonly #kafka: RunningKafka;
  readonly #folder: string;
  readonly #members: readonly Member[];
  /** What the console is given besides: who is let in. */
  readonly #consoleEnv: Record<string, string>;

  private constructor({ kafka, folder, url, ingestUrl, consoleEnv, members }: Parts) {
    this.#kafka = kafka;
    this.#folder = folder;
    this.url = url;
    this.ingestUrl = ingestUrl;
    this.#consoleEnv = consoleEnv;
    this.#members = members;
  }

  get brokers(): readonly string[] {
    return this.#kafka.brokers;
  }

  /** Starts a Kafka, creates the topics, starts the services and waits until each is ready. */
  static async start(): Promise<RunningConsole> {
    const kafka = await startKafka();
    const { brokers } = kafka;
    const admin = await connectAdmin({ brokers, clientId: "browser-test-admin" });
    await createPipelineTopics(admin, allTopics, { partitions: 3, replicationFactor: 1 });
    const folder = mkdtempSync(join(tmpdir(), "riffle-browser-"));
    const [ingestPort = 0, consolePort = 0, ...adminPorts] = await freePorts(names.length + 2);
    const ingestUrl = `http://127.0.0.1:${ingestPort}`;
    const consoleEnv = {
      HTTP_PORT: String(consolePort),
      DATA_DIR: join(folder, "console"),
      DEMO_INGEST_URL: ingestUrl,
    };
    const own: Partial<Record<string, Record<string, string>>> = {
      ingest: { HTTP_PORT: String(ingestPort) },
      console: consoleEnv,
    };
    const members = names.map((name, i) => {
      const adminPort = adminPorts[i] ?? 0;
      const env = { ...process.env, KAFKA_BROKERS: brokers.join(","), RIFFLE_INSTANCE_ID: `${name}-0` };
      const service = new ServiceProcess({
        name,
        args: [fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url))],
        env: () => ({ ...env, ADMIN_PORT: String(adminPort), ...own[name] }),
        logFile: join(folder, `${name}.log`),
        onOutput: () => {},
        policy: new RestartPolicy(),
        onNews: () => {},
        onFailed: () => {},
      });
      service.start();
      return { service, adminPort };
    });
    const url = `http://127.0.0.1:${consolePort}`;
    const running = new RunningConsole({ kafka, folder, url, ingestUrl, consoleEnv, members });
    try {
      await waitUntilReady(members, () => {}, new AbortController().signal);
    } catch (error) {
      await running.stop();
      throw error;
    }
    return running;
  }

  /** A file in the folder of this run, which goes with it. */
  writeFile(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Stops the console in order and starts it again with variables on top of its own; resolves when it is ready. */
  async restartConsole(env: Readonly<Record<string, string>>): Promise<void> {
    const member = this.#members.at(-1);
    if (member === undefined) return;
    Object.assign(this.#consoleEnv, env);
    await member.service.stop(stopWithinMs);
    member.service.start();
    await waitUntilReady([member], () => {}, new AbortController().signal);
  }

  /** SIGKILL of the console (R1). */
  killConsole(): void {
    this.#members.at(-1)?.service.kill();
  }

  /** Stops all in the order of the flow, and removes what they left. */
  async stop(): Promise<void> {
    for (const { service } of this.#members) await service.stop(stopWithinMs);
    await this.#kafka.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Sends what the card-testing rule looks for: three small purchases and a large one. @throws when one is refused */
export async function sendCardTesting(ingestUrl: string, accountId: string): Promise<void> {
  const nowMs = Date.now();
  for (const [i, amount] of [900, 1_200, 1_500, 250_000].entries()) {
    const occurredAt = new Date(nowMs - (3 - i) * 1_000).toISOString();
    const answer = await fetch(`${ingestUrl}/v1/transactions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: `${accountId}-${i + 1}`, accountId, amount, currency: "EUR", occurredAt }),
    });
    if (answer.status !== 202) throw new Error(`ingest answered ${answer.status} ${await answer.text()}`);
  }
}
