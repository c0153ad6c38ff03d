// A bug here breaks a trace in two, or lets a collector that is away hold up a service.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OtlpReceiver } from "../../../../infra/otlp/otlp-receiver.ts";
import { startTracing } from "../../src/start-tracing.ts";
import { readTraceparent, type TracingOptions } from "../../src/tracing.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const sampled = `00-${traceId}-00f067aa0ba902b7-01`;
const notSampled = `00-${traceId}-00f067aa0ba902b7-00`;

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await OtlpReceiver.listen();
});
afterEach(() => receiver.close());

const tracing = (more: Partial<TracingOptions> = {}) =>
  startTracing({
    service: "probe",
    instance: "probe-0",
    version: "1",
    endpoint: more.endpoint ?? receiver.endpoint,
    sampleRatio: 1,
    ...more,
  });

describe("a span", () => {
  it("is sent with its name, its attributes and its error, below what caused it", async () => {
    const on = await tracing();
    const span = on.begin({ name: "POST /x", kind: "server", parent: sampled, attributes: { a: 1 } });
    span.end({ error: "503", attributes: { b: "two" } });
    await on.close();
    expect(receiver.spans).toEqual([
      {
        service: "probe",
        name: "POST /x",
        traceId,
        spanId: readTraceparent(span.traceparent)?.spanId,
        parentSpanId: "00f067aa0ba902b7",
        links: [],
        statusCode: 2,
        attributes: { a: 1, b: "two" },
      },
    ]);
    expect(span.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  });

  it("begins a trace where nothing caused it, or nothing that can be read", async () => {
    const on = await tracing();
    const begun = [undefined, "", "00-zz", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`].map((parent) =>
      on.begin({ name: "n", parent }),
    );
    for (const span of begun) span.end();
    await on.close();
    expect(new Set(receiver.spans.map((span) => span.traceId)).size).toBe(4);
    expect(receiver.spans.every(({ parentSpanId }) => parentSpanId === "")).toBe(true);
  });

  it("of a trace that is not recorded is not sent, and hands that on", async () => {
    const on = await tracing();
    const span = on.begin({ name: "n", parent: notSampled });
    span.end();
    await on.close();
    expect(receiver.spans).toEqual([]);
    expect(span.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  });

  it("with links is sent with them, whatever the ratio", async () => {
    const on = await tracing({ sampleRatio: 0 });
    on.begin({ name: "alone" }).end();
    on.begin({ name: "commit", links: [sampled, "no traceparent"] }).end();
    await on.close();
    expect(receiver.spans.map(({ name, links }) => [name, links.length, links[0]?.traceId])).toEqual([
      ["commit", 1, traceId],
    ]);
  });
});

it("a collector that is away costs spans, and no error", async () => {
  const endpoint = receiver.endpoint;
  await receiver.close();
  const on = await tracing({ endpoint });
  on.begin({ name: "n" }).end();
  await expect(on.close()).resolves.toBeUndefined();
});

it("switched off nothing of OpenTelemetry is loaded", { timeout: 20_000 }, async () => {
  const built = new URL("../../dist/", import.meta.url).href;
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ resolve: (name, context, next) => {
      // Nest, too, looks whether there is one.
      if (name.includes("@opentelemetry/") && context.parentURL?.startsWith("${built}")) loaded.push(name);
      return next(name, context);
    } });
    await import("${built}index.js");
    const before = loaded.length;
    await import("${built}otel-tracing.js");
    process.stdout.write(JSON.stringify([before, loaded.length > 0]));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
  expect(JSON.parse(stdout)).toEqual([0, true]);
});

describe("a traceparent", () => {
  it.each([
    [sampled, true],
    [notSampled, false],
    [`01-${traceId}-00f067aa0ba902b7-03-more`, true],
  ])("%s is read", (text, isSampled) => {
    expect(readTraceparent(text)).toEqual({ traceId, spanId: "00f067aa0ba902b7", sampled: isSampled });
  });

  it.each([undefined, "", sampled.slice(1), `00-${traceId}-${"0".repeat(16)}-01`, `${sampled}9`])(
    "%s is none",
    (text) => {
      expect(readTraceparent(text)).toBeUndefined();
    },
  );
});
