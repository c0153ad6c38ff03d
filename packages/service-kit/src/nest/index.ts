export {
  runStreamService,
  type StreamServiceDefinition,
  type StreamVariables,
} from "./run-stream-service.ts";
export {
  STREAM_TRANSPORT,
  StreamHandler,
  type StreamHandlerExtras,
  type StreamHandlerOptions,
  stageOf,
} from "./stream-handler.ts";
export { type StageRunner, StreamStrategy, type StreamStrategyOptions } from "./stream-strategy.ts";
