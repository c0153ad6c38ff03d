// Traces through OpenTelemetry, sent as OTLP over HTTP. The only file that imports it, and itself loaded only when traces
// are switched on (start-tracing.ts).
//
//   O1. Spans wait in a queue of 2,048; what finds it full is dropped.
//   O2. The decision of a trace that came along holds; one that begins here is recorded by ratio; what links others, always.

import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import {
  type OpenSpan,
  readTraceparent,
  type SpanAttributes,
  type SpanStart,
  type Tracing,
  type TracingOptions,
} from "./tracing.ts";

/** A shutdown waits for it, so it is short beside SHUTDOWN_DEADLINE_MS. */
const exportTimeoutMs = 2_000;
const exportEveryMs = 1_000;
const queueMax = 2_048;

const kinds = { client: SpanKind.CLIENT, internal: SpanKind.INTERNAL, server: SpanKind.SERVER };

/** Records what links others (O2). */
class LinksSampler implements Sampler {
  readonly #others: Sampler;

  constructor(ratio: number) {
    this.#others = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    if (links.length > 0) return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    return this.#others.shouldSample(context, traceId, name, kind, attributes, links);
  }

  toString(): string {
    return `Links, ${this.#others.toString()}`;
  }
}

/** The collector behind the port. */
export class OtelTracing implements Tracing {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;

  constructor({ service, instance, version, endpoint, sampleRatio }: TracingOptions) {
    const exporter = new OTLPTraceExporter({
      url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
      timeoutMillis: exportTimeoutMs,
    });
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({
        "service.name": service,
        "service.namespace": "riffle",
        "service.instance.id": instance,
        "service.version": version,
      }),
      sampler: new LinksSampler(sampleRatio),
      spanProcessors: [
        new BatchSpanProcessor(exporter, {
          maxQueueSize: queueMax,
          scheduledDelayMillis: exportEveryMs,
          exportTimeoutMillis: exportTimeoutMs,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer("riffle", version);
  }

  begin({ name, kind = "internal", parent, links = [], attributes = {} }: SpanStart): OpenSpan {
    const from = contextOf(parent);
    const context = from === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, from);
    const linked = links.map(contextOf).filter((found) => found !== undefined);
    const options = { kind: kinds[kind], attributes, links: linked.map((found) => ({ context: found })) };
    return new OtelSpan(this.#tracer.startSpan(name, options, context));
  }

  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined);
  }
}

class OtelSpan implements OpenSpan {
  readonly traceparent: string;
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  }

  end({
    error,
    attributes = {},
  }: {
    readonly error?: string;
    readonly attributes?: SpanAttributes;
  } = {}): void {
    this.#span.setAttributes(attributes);
    if (error !== undefined) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    this.#span.end();
  }
}

const contextOf = (traceparent: string | undefined): SpanContext | undefined => {
  const read = readTraceparent(traceparent);
  if (read === undefined) return undefined;
  const { traceId, spanId, sampled } = read;
  return {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
};
