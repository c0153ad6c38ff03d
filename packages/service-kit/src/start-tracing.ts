// The switch of traces: OpenTelemetry, which takes its time and memory, is loaded here and only when it is asked for.

import type { Tracing, TracingOptions } from "./tracing.ts";

/** Switches traces on. */
export const startTracing = async (options: TracingOptions): Promise<Tracing> => {
  const { OtelTracing } = await import("./otel-tracing.ts");
  return new OtelTracing(options);
};
