// Traces: the port. What is traced is said where it happens; nothing is loaded and nothing is done unless it is switched on.
//
//   S1. Off, there is no Tracing at all: who would begin a span asks `tracing?.begin(…)`.
//   S2. A trace never holds an account, a transaction's id or any of its values.
//   S3. A collector that is away, slow or wrong costs spans, never work: the queue is bounded, and errors end in it.

/** What a span is begun with. */
export interface SpanStart {
  readonly name: string;
  /** `server` answers somebody, `client` asks somebody, `internal` does neither. @default "internal" */
  readonly kind?: "client" | "internal" | "server";
  /** `traceparent` of what caused it; without one, or with one that cannot be read, a trace begins here. */
  readonly parent?: string | undefined;
  /** `traceparent`s of what it covers besides, each of its own trace. A span with links is always recorded. */
  readonly links?: readonly string[];
  readonly attributes?: SpanAttributes;
}

/** Facts about a span; see S2. */
export type SpanAttributes = Readonly<Record<string, number | string>>;

/** A span that has begun. */
export interface OpenSpan {
  /** Names it to what it causes: the value of a `traceparent` header. */
  readonly traceparent: string;
  /** Ends it. `error` says in a word what went wrong; without it all went well. */
  end(outcome?: { readonly error?: string | undefined; readonly attributes?: SpanAttributes }): void;
}

/** Takes spans. */
export interface Tracing {
  begin(start: SpanStart): OpenSpan;
  /** Sends what is still queued, within a few seconds. Never rejects. */
  close(): Promise<void>;
}

/** Where traces go. */
export interface TracingOptions {
  /** The service's name. */
  readonly service: string;
  readonly instance: string;
  readonly version: string;
  /** Base address of a collector that speaks OTLP over HTTP, `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  /** Share of the traces that begin here which are recorded, 0 to 1; a trace that came along keeps its own decision. */
  readonly sampleRatio: number;
}

const shape = /^[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?:-|$)/;

/** The parts of a `traceparent`; undefined when it is none. */
export const readTraceparent = (
  text: string | undefined,
): { readonly traceId: string; readonly spanId: string; readonly sampled: boolean } | undefined => {
  const { traceId = "", spanId = "", flags = "" } = shape.exec(text ?? "")?.groups ?? {};
  if (traceId === "" || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
};
