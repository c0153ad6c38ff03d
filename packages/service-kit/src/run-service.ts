// The life of a process: read the configuration, start, run, end. Each service's main.ts is one call.
//
//   R1. Exit codes: 0 after a clean shutdown; 78 (EX_CONFIG) when the configuration is wrong, with plain lines on
//       standard error; 1 for everything else.
//   R2. Fail closed: an error nobody handled ends the process at once, without draining. Whatever was in flight is
//       undone by Kafka or repeated by the client; limping on could commit what a broken process believes.
//   R3. The admin port opens before `start`, so that a slow start can be watched; ready only after it.

import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { armFailPoint, parseFailPoint } from "@riffle/streams";
import type { TObject, TProperties } from "typebox";
import { startAdminServer } from "./admin-server.ts";
import {
  type Config,
  type ConfigCheck,
  effectiveConfig,
  loadConfig,
  type Relation,
  secretValues,
} from "./config.ts";
import { ConfigError } from "./errors.ts";
import { Health } from "./health.ts";
import { kafkaSecurityFaults } from "./kafka-security.ts";
import { createLogger, type Logger, type LogLevel } from "./logger.ts";
import { Metrics } from "./metrics.ts";
import { listenForShutdown, Shutdown, type ShutdownStep } from "./shutdown.ts";
import { writeError } from "./standard-error.ts";
import { startTracing } from "./start-tracing.ts";
import type { Tracing } from "./tracing.ts";

/** `EX_CONFIG` of sysexits.h: something was found in an unconfigured or misconfigured state. */
const exitCodeConfig = 78;

/** The variables {@link runService} itself needs; spread `baseConfig` into the schema to have them. */
export interface ProcessConfig {
  readonly RIFFLE_INSTANCE_ID: string;
  readonly ADMIN_HOST: string;
  readonly ADMIN_PORT: number;
  readonly LOG_LEVEL: LogLevel;
  readonly SHUTDOWN_DEADLINE_MS: number;
  readonly RIFFLE_FAILPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_TRACES_SAMPLER_ARG: number;
}

/** What a service is given to start with. */
export interface ServiceContext<C> {
  /** The service's name. */
  readonly name: string;
  readonly config: C;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Takes spans; undefined unless traces are switched on. */
  readonly tracing: Tracing | undefined;
  /** Register what must hold for the service to be given work. */
  readonly health: Health;
  /** Registers what to close; steps run last registered first, within SHUTDOWN_DEADLINE_MS. */
  readonly onShutdown: (name: string, step: ShutdownStep) => void;
  /** Ends the process at once with code 1: for states from which only a restart helps. */
  readonly fatal: (error: unknown) => never;
}

/** A service, as its main.ts describes it. */
export interface ServiceDefinition<P extends TProperties> {
  /** Name on logs, metrics and messages, and the name of its consumer group: `fraud-detector`. */
  readonly name: string;
  /** All its variables, `baseConfig` among them. */
  readonly configSchema: TObject<P>;
  /** Rules between variables. @default none */
  readonly relations?: readonly Relation[];
  /** Faults that no rule between two numbers can say. @default none besides those of every service */
  readonly checks?: readonly ConfigCheck[];
  /** Answered by /version. @default the version of this repository */
  readonly version?: string;
  /**
   * Starts the service and returns once it works; it runs on until it is shut down.
   * Throw `ConfigError` for what an operator must correct; anything else that is thrown ends the process with code 1.
   */
  readonly start: (context: ServiceContext<Config<P>>) => void | Promise<void>;
}

function repositoryVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return version ? String(manifest.version) : "unknown";
}

function endWithConfigFaults(name: string, error: ConfigError): never {
  const count = error.faults.length === 1 ? "1 fault" : `${error.faults.length} faults`;
  const lines = error.faults.map((fault) => `  ${fault.variable}: ${fault.problem}`);
  writeError(`${name} was not started, ${count} in its configuration:\n${lines.join("\n")}\n`);
  process.exit(exitCodeConfig);
}

function endAtOnce(name: string, log: Logger, what: string, error: unknown): never {
  if (error instanceof ConfigError) endWithConfigFaults(name, error);
  log.fatal({ err: error }, what);
  process.exit(1);
}

function watchProcess(name: string, log: Logger, shutdown: Shutdown, health: Health): void {
  process.on("uncaughtException", (error) => endAtOnce(name, log, "uncaught exception", error));
  process.on("unhandledRejection", (error) => endAtOnce(name, log, "unhandled rejection", error));
  listenForShutdown({
    begin: (reason) => {
      health.draining();
      void shutdown.run(reason).then(({ ok }) => process.exit(ok ? 0 : 1));
    },
    force: (reason) => {
      log.error({ reason }, "second signal: ending at once");
      process.exit(1);
    },
  });
}

async function tracingOf(service: string, version: string, own: ProcessConfig): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: sampleRatio } = own;
  if (endpoint === undefined) return undefined;
  return await startTracing({ service, version, instance: own.RIFFLE_INSTANCE_ID, endpoint, sampleRatio });
}

function loadOrEnd<P extends TProperties>({
  name,
  configSchema,
  relations,
  checks = [],
}: ServiceDefinition<P>): Config<P> {
  try {
    return loadConfig(configSchema, {
      relations: relations ?? [],
      checks: [kafkaSecurityFaults, ...checks],
    });
  } catch (error) {
    if (error instanceof ConfigError) endWithConfigFaults(name, error);
    throw error;
  }
}

/**
 * Runs a service as this process: the only statement of its main.ts.
 *
 * Owns the process from here on: signals, exit code, uncaught errors, standard error. Resolves when the service has
 * started. It never returns on a fault: see R1 for the exit codes.
 */
export async function runService<P extends TProperties>(
  definition: ServiceDefinition<P> & (Config<P> extends ProcessConfig ? unknown : never),
): Promise<void> {
  const { name, configSchema, version = repositoryVersion() } = definition;
  const config = loadOrEnd<P>(definition);
  // The signature demands it; the compiler does not see through the conditional type.
  const own = config as unknown as ProcessConfig;
  const log = createLogger({
    service: name,
    instance: own.RIFFLE_INSTANCE_ID,
    level: own.LOG_LEVEL,
    secrets: secretValues(configSchema, config),
  });
  const metrics = new Metrics(name);
  const health = new Health();
  const shutdown = new Shutdown(log, own.SHUTDOWN_DEADLINE_MS);
  watchProcess(name, log, shutdown, health);
  if (own.RIFFLE_FAILPOINT !== undefined) {
    armFailPoint(parseFailPoint(own.RIFFLE_FAILPOINT));
    log.warn(
      { failPoint: own.RIFFLE_FAILPOINT },
      "a fail-point is armed: this process will break on purpose",
    );
  }
  log.info({ version, pid: process.pid, config: effectiveConfig(configSchema, config) }, "starting");
  try {
    const admin = await startAdminServer({
      host: own.ADMIN_HOST,
      port: own.ADMIN_PORT,
      health,
      metrics,
      version: { service: name, version, node: process.version },
    });
    shutdown.add("admin port", () => admin.close());
    const tracing = await tracingOf(name, version, own);
    if (tracing !== undefined) shutdown.add("traces", () => tracing.close());
    await definition.start({
      name,
      config,
      log,
      metrics,
      tracing,
      health,
      onShutdown: (step, run) => shutdown.add(step, run),
      fatal: (error) => endAtOnce(name, log, "fatal", error),
    });
    health.started();
    // With NODE_COMPILE_CACHE set, the next start finds what this one compiled, whatever end this one comes to.
    flushCompileCache();
    log.info({ adminPort: admin.port }, "started");
  } catch (error) {
    endAtOnce(name, log, "start failed", error);
  }
}
