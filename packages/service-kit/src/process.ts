// The public names of @riffle/service-kit/process: all but what loads Nest, which takes half of a start. For what is no Nest
// service.

export { AccountMask, accountIdsIn } from "./account-mask.ts";
export { type AdminServer, type AdminServerOptions, startAdminServer } from "./admin-server.ts";
export {
  adminPort,
  baseConfig,
  durationMs,
  listenPort,
  streamConfig,
  streamRelations,
  streamTimeMs,
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
export { KnownPaths, type KnownRoute } from "./http/known-paths.ts";
export {
  type ProblemDetails,
  type ProblemKind,
  type ProblemRegistry,
  problemContentType,
  problemHeaders,
  problemMembers,
} from "./http/problem-details.ts";
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
export { KafkaStageRunner, type StreamProcessConfig } from "./nest/kafka-stage-runner.ts";
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
