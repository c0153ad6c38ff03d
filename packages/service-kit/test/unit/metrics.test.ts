// A bug here loses a series, or lets two parts of a process write into one.

import { describe, expect, it } from "vitest";
import { ServiceKitError } from "../../src/errors.ts";
import { Metrics } from "../../src/metrics.ts";

describe("metrics", () => {
  it.each([
    "requests_total",
    "riffle_Requests_total",
    "riffle_requests",
    "riffle_wait_ms_total",
    "riffle__x_total",
  ])("a counter is not called %s", (name) => {
    expect(() => new Metrics("s", { defaults: false }).counter({ name, help: "h" })).toThrow(ServiceKitError);
  });

  it("a gauge or histogram does not end in _total", () => {
    const metrics = new Metrics("s", { defaults: false });
    expect(() => metrics.gauge({ name: "riffle_a_total", help: "h" })).toThrow(ServiceKitError);
    expect(() => metrics.histogram({ name: "riffle_a_total", help: "h" })).toThrow(ServiceKitError);
  });

  it("a name is registered once", () => {
    const metrics = new Metrics("s", { defaults: false });
    metrics.gauge({ name: "riffle_a", help: "h" });
    expect(() => metrics.gauge({ name: "riffle_a", help: "h" })).toThrow("already registered");
  });

  it("two registries do not share series, and carry Node's own by default", async () => {
    const one = new Metrics("one");
    const two = new Metrics("two", { defaults: false });
    one.counter({ name: "riffle_a_total", help: "h" }).inc();
    const histogram = two.histogram({ name: "riffle_b_seconds", help: "h" });
    histogram.observe(0.02);
    expect(await one.render()).toContain("nodejs_eventloop_lag_seconds");
    expect(await two.render()).not.toContain("riffle_a_total");
    expect(await two.render()).toContain('riffle_b_seconds_bucket{le="0.025",service="two"} 1');
  });

  it("a gauge is computed when it is scraped", async () => {
    const metrics = new Metrics("s", { defaults: false });
    let value = 1;
    metrics.gauge({ name: "riffle_queue", help: "h", collect: (gauge) => gauge.set(value) });
    value = 7;
    expect(await metrics.render()).toContain('riffle_queue{service="s"} 7');
  });
});
