// A bug here looks like this: INGEST_PORT=80801 is taken for the default, and nothing listens where it should.

import { describe, expect, it } from "vitest";
import { ingestUrl, neededPorts, resolveSettings } from "../../../launcher/settings.ts";

describe("settings", () => {
  it("without an environment are the documented ports", () => {
    const ports = neededPorts(resolveSettings({}));
    expect(ports.map(({ port }) => port)).toEqual([8080, 8090, 9101, 9102, 9103, 9104, 9105, 9106]);
    expect(ports.map(({ variable }) => variable)).toEqual([
      "INGEST_PORT",
      "CONSOLE_PORT",
      "INGEST_ADMIN_PORT",
      "FILTER_ADMIN_PORT",
      "AGGREGATOR_ADMIN_PORT",
      "FRAUD_DETECTOR_ADMIN_PORT",
      "NOTIFIER_ADMIN_PORT",
      "CONSOLE_ADMIN_PORT",
    ]);
  });

  it("report every fault together", () => {
    const env = { INGEST_PORT: "80801", FILTER_ADMIN_PORT: "nine", NOTIFIER_ADMIN_PORT: "9101" };
    expect(() => resolveSettings(env)).toThrow(
      [
        "Riffle was not started:",
        '  INGEST_PORT is "80801"; it must be a port from 1 to 65535',
        '  FILTER_ADMIN_PORT is "nine"; it must be a port from 1 to 65535',
        "  NOTIFIER_ADMIN_PORT and INGEST_ADMIN_PORT are both 9101",
      ].join("\n"),
    );
  });

  it.each([
    ["0.0.0.0", "http://127.0.0.1:8080"],
    ["::1", "http://[::1]:8080"],
    ["10.0.0.7", "http://10.0.0.7:8080"],
  ])("with INGEST_HOST %s are reached at %s", (host, expected) => {
    expect(ingestUrl(resolveSettings({ INGEST_HOST: host }))).toBe(expected);
  });
});
