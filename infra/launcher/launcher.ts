// The pipeline on this machine, from nothing to the card and back.
//
// Order of starting: ports → Kafka → topics → services → ready → card. Ending is the way back. At every point in
// between, whatever has been started is known here and goes when it ends.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { allTopics, type ServiceName } from "@riffle/contracts";
import { clusterDefault, createPipelineTopics, type TopicAdmin } from "../kafka/pipeline-topics.ts";
import type { OnProgress, RunningKafka } from "../kafka/running-kafka.ts";
import { card } from "./card.ts";
import { LauncherError } from "./errors.ts";
import { launchThread } from "./in-memory/service-thread.ts";
import { failureOf, type PipelineMember, stopInOrder, waitUntilReady } from "./pipeline.ts";
import { assertPortsFree } from "./port-check.ts";
import type { Say } from "./progress.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { readRunNote, removeRunNote, writeRunNote } from "./run-file.ts";
import { ServiceProcess } from "./service-process.ts";
import {
  consoleUrl,
  ingestUrl,
  type LauncherSettings,
  neededPorts,
  type ServiceSettings,
} from "./settings.ts";

/** What the launcher needs from outside; a test hands in its own. */
export interface LauncherOptions {
  readonly settings: LauncherSettings;
  readonly startKafka: (onProgress: OnProgress) => Promise<RunningKafka>;
  readonly connectAdmin: (brokers: readonly string[]) => Promise<TopicAdmin>;
  /** The script that is the service. */
  readonly scriptOf: (name: ServiceName) => string;
  readonly logsFolder: string;
  /** The console's databases. It throws away itself what another Kafka told it. */
  readonly consoleFolder: string;
  /** Where the note about this run is written. */
  readonly runFile: string;
  /** One line of progress. */
  readonly say: Say;
  /** The card, and the alerts after it. */
  readonly print: (text: string) => void;
  /** A service ended and is not started again. The pipeline is not whole any more; it is up to the caller to end it. */
  readonly onFailed: (error: LauncherError) => void;
}

/** One run of the pipeline on this machine. */
export class Launcher {
  readonly #options: LauncherOptions;
  readonly #settings: LauncherSettings;
  readonly #say: Say;
  readonly #ending = new AbortController();
  #kafka: RunningKafka | undefined;
  #members: PipelineMember[] = [];
  #ended: Promise<void> | undefined;

  constructor(options: LauncherOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#say = options.say;
  }

  /** Resolves when the card is shown. */
  async start(): Promise<void> {
    const other = readRunNote(this.#options.runFile);
    const hint = other === undefined ? "" : `\nRiffle runs in this checkout already (process ${other.pid}).`;
    await assertPortsFree(neededPorts(this.#settings), hint);
    const kafka = await this.#options.startKafka(this.#say);
    this.#kafka = kafka;
    this.#ending.signal.throwIfAborted();
    this.#say(`${kafka.description}: ready at ${kafka.brokers.join(",")}`);
    await this.#createTopics(kafka);
    this.#ending.signal.throwIfAborted();
    this.#startServices(kafka);
    await waitUntilReady(this.#members, this.#say, this.#ending.signal);
    this.#ending.signal.throwIfAborted();
    writeRunNote(
      {
        pid: process.pid,
        brokers: kafka.brokers,
        ingestUrl: ingestUrl(this.#settings),
        consoleUrl: consoleUrl(this.#settings),
      },
      this.#options.runFile,
    );
    this.#options.print(
      card({
        settings: this.#settings,
        kafka: kafka.description,
        brokers: kafka.brokers,
        inMemory: kafka.source === "memory",
        seconds: process.uptime(),
      }),
    );
  }

  /** Stops everything in order; a repeated call waits for the first. */
  async end(): Promise<void> {
    this.#ended ??= this.#endOnce();
    await this.#ended;
  }

  /** For the second Ctrl-C. The broker's supervisor ends the broker when this process is gone. */
  killAll(): void {
    for (const { service } of this.#members) {
      service.kill();
    }
    removeRunNote(this.#options.runFile);
  }

  async #endOnce(): Promise<void> {
    this.#ending.abort(new LauncherError("stopped while starting"));
    removeRunNote(this.#options.runFile);
    await stopInOrder(this.#members);
    await this.#kafka?.stop();
  }

  async #createTopics({ brokers, source }: RunningKafka): Promise<void> {
    // What is started here has as many brokers as addresses; a named cluster knows best how many copies it wants.
    const replicationFactor = source === "env" ? clusterDefault : brokers.length;
    await createPipelineTopics(await this.#options.connectAdmin(brokers), allTopics, { replicationFactor });
    this.#say(`${allTopics.length} topics are there`);
  }

  #startServices(kafka: RunningKafka): void {
    const logs = this.#options.logsFolder;
    mkdirSync(logs, { recursive: true });
    this.#members = this.#settings.services.map((settings) => ({
      adminPort: settings.adminPort,
      service: this.#makeService(settings, kafka, join(logs, `${settings.name}.log`)),
    }));
    this.#say("starting the services");
    for (const { service } of this.#members) {
      service.start();
    }
  }

  #makeService(
    { name, adminPort }: ServiceSettings,
    { brokers, source }: RunningKafka,
    logFile: string,
  ): ServiceProcess {
    const service: ServiceProcess = new ServiceProcess({
      name,
      args: [this.#options.scriptOf(name)],
      env: () => ({
        LOG_LEVEL: "info",
        // A start takes about half of the CPU when the compiled code of an earlier one is found.
        NODE_COMPILE_CACHE: join(this.#options.logsFolder, "compile-cache"),
        ...process.env,
        KAFKA_BROKERS: brokers.join(","),
        RIFFLE_INSTANCE_ID: `${name}-0`,
        ADMIN_HOST: "127.0.0.1",
        ADMIN_PORT: String(adminPort),
        ...this.#ownVariables(name),
      }),
      ...(source === "memory" ? { launch: launchThread } : {}),
      logFile,
      // The notifier's console channel writes alerts for people on standard output; logs are on standard error.
      ...(name === "notifier" ? { onOutput: this.#options.print } : {}),
      policy: new RestartPolicy(),
      onNews: this.#say,
      onFailed: (why) => this.#options.onFailed(failureOf(service, why)),
    });
    return service;
  }

  /** What one service is told and no other. */
  #ownVariables(name: ServiceName): NodeJS.ProcessEnv {
    const settings = this.#settings;
    if (name === "ingest") {
      return { HTTP_HOST: settings.ingestHost, HTTP_PORT: String(settings.ingestPort) };
    }
    if (name === "console") {
      return {
        HTTP_HOST: settings.consoleHost,
        HTTP_PORT: String(settings.consolePort),
        DATA_DIR: this.#options.consoleFolder,
        DEMO_INGEST_URL: ingestUrl(settings),
      };
    }
    return {};
  }
}
