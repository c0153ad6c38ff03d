// The public names of @riffle/service-kit.

export { type AdminServer, type AdminServerOptions, startAdminServer } from "./admin-server.ts";
export {
  adminPort,
  baseConfig,
  durationMs,
  listenPort,
  streamConfig,
  streamRelations,
} from "./base-config.ts";
export {
  type Config,
  type ConfigCheck,
  effectiveConfig,
  type LoadOptions,
  loadConfig,
  type Relation,
  secretValues,
} from "./config.ts";
export { configTable, envExample } from "./config-pages.ts";
export type { VariableSchema } from "./config-value.ts";
export {
  ConfigError,
  type ConfigFault,
  portFault,
  ServiceKitError,
  type ServiceKitErrorCode,
  serviceKitErrors,
} from "./errors.ts";
export { type Check, type CheckResult, Health, type HealthReport } from "./health.ts";
export {
  type KafkaConnectionConfig,
  kafkaConnection,
  kafkaSecurityConfig,
  kafkaSecurityFaults,
} from "./kafka-security.ts";
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from "./logger.ts";
export {
  type Counter,
  type Gauge,
  type GaugeSpec,
  type Histogram,
  type HistogramSpec,
  type MetricSpec,
  Metrics,
} from "./metrics.ts";
export * from "./nest/index.ts";
export {
  type ProcessConfig,
  runService,
  type ServiceContext,
  type ServiceDefinition,
} from "./run-service.ts";
export {
  listenForShutdown,
  Shutdown,
  type ShutdownResult,
  type ShutdownStep,
  type ShutdownTriggers,
} from "./shutdown.ts";
export type { OpenSpan, SpanAttributes, SpanStart, Tracing } from "./tracing.ts";
