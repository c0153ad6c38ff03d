// A bug here starts a service with a value nobody wrote, hides the second fault behind the first, or prints a secret.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { baseConfig, streamConfig, streamRelations, streamTimeMs } from "../../src/base-config.ts";
import { effectiveConfig, loadConfig, secretValues } from "../../src/config.ts";
import { configTable, envExample } from "../../src/config-pages.ts";
import { ConfigError } from "../../src/errors.ts";

const schema = Type.Object({
  ...baseConfig,
  ...streamConfig,
  RATIO: Type.Number({ default: 0.5, maximum: 1, description: "A ratio." }),
  DRY_RUN: Type.Boolean({ default: false, description: "Whether nothing is sent." }),
  NOTE: Type.Optional(Type.String({ description: "A note." })),
  WEBHOOK_SECRET: Type.String({
    secret: true,
    minLength: 16,
    default: "",
    description: "Key of the signatures.",
  }),
});

const minimal = { KAFKA_BROKERS: "127.0.0.1:9092", WEBHOOK_SECRET: "correct-horse-battery" };

function faultsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(schema, { env, relations: streamRelations });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
}

describe("loadConfig", () => {
  it("returns every variable, typed, with defaults", () => {
    const config = loadConfig(schema, {
      env: { ...minimal, KAFKA_BROKERS: "a:1, [::1]:2", RATIO: "0.25", DRY_RUN: "true", PATH: "/bin" },
      relations: streamRelations,
    });
    const brokers: readonly string[] = config.KAFKA_BROKERS;
    expect(brokers).toEqual(["a:1", "[::1]:2"]);
    expect(config).toMatchObject({
      RATIO: 0.25,
      DRY_RUN: true,
      SESSION_TIMEOUT_MS: 15_000,
      LOG_LEVEL: "info",
    });
    expect(config.NOTE).toBeUndefined();
    expect("PATH" in config).toBe(false);
  });

  it("is frozen, lists too", () => {
    const config = loadConfig(schema, { env: minimal });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.KAFKA_BROKERS)).toBe(true);
  });

  it("does not freeze or share the default of the schema", () => {
    const listed = Type.Object({ L: Type.Array(Type.String(), { default: ["a"] }) });
    const one = loadConfig(listed, { env: {} });
    expect(one.L).not.toBe(loadConfig(listed, { env: {} }).L);
  });

  it("reports all faults at once, one line each, with variable, found value and rule", () => {
    expect(
      faultsOf({
        WEBHOOK_SECRET: minimal.WEBHOOK_SECRET,
        ADMIN_PORT: "70000",
        LOG_LEVEL: "loud",
        DRY_RUN: "yes",
        RATIO: "1e-1",
        SESSION_TIMEOUT_MS: "9000",
      }),
    ).toEqual([
      "KAFKA_BROKERS: required, but missing — a comma-separated list such as 127.0.0.1:9092",
      'ADMIN_PORT: found "70000", but must be a port from 0 to 65535',
      'LOG_LEVEL: found "loud", but must be one of fatal, error, warn, info, debug, trace, silent',
      'RATIO: found "1e-1", but must be a number of at most 1',
      'DRY_RUN: found "yes", but must be true or false',
      "TRANSACTION_TIMEOUT_MS: found 10000, but must be below SESSION_TIMEOUT_MS (SESSION_TIMEOUT_MS is 9000)",
    ]);
  });

  it.each(["", " 12 ", "0x10", "1e3", "12.5", "012", "+1", "9007199254740993", "NaN", "-0x1"])(
    "refuses %j as a whole number",
    (text) => {
      expect(faultsOf({ ...minimal, IDLE_AFTER_MS: text })).toHaveLength(1);
    },
  );

  it("refuses a duration of which two together would be no timer any more", () => {
    expect(faultsOf({ ...minimal, SHUTDOWN_DEADLINE_MS: "1000000000" })).toEqual([]);
    expect(faultsOf({ ...minimal, SHUTDOWN_DEADLINE_MS: "1000000001" })).toEqual([
      'SHUTDOWN_DEADLINE_MS: found "1000000001", but must be a whole number from 1 to 1000000000 (milliseconds)',
    ]);
  });

  it("takes years of stream time, for which no timer waits", () => {
    const years = Type.Object({ RETENTION_MS: streamTimeMs(1_000, "How long.") });
    expect(loadConfig(years, { env: { RETENTION_MS: "63072000000" } }).RETENTION_MS).toBe(63_072_000_000);
  });

  it("names the item of a list that breaks the rule, the empty one too", () => {
    expect(faultsOf({ ...minimal, KAFKA_BROKERS: "a:1,b" })).toEqual([
      'KAFKA_BROKERS: item 2 is "b"; found "a:1,b", but must be a comma-separated list such as 127.0.0.1:9092',
    ]);
    expect(faultsOf({ ...minimal, KAFKA_BROKERS: "a:1,,b:2" })[0]).toContain("item 2 is empty");
    expect(faultsOf({ ...minimal, KAFKA_BROKERS: "" })).toHaveLength(1);
  });

  it("checks each relation, and only once both of its sides could be read", () => {
    expect(faultsOf({ ...minimal, SESSION_TIMEOUT_MS: "10000" })).toHaveLength(1);
    expect(faultsOf({ ...minimal, SESSION_TIMEOUT_MS: "10001" })).toEqual([]);
    expect(faultsOf({ ...minimal, HEARTBEAT_INTERVAL_MS: "7500" })).toHaveLength(1);
    expect(faultsOf({ ...minimal, HEARTBEAT_INTERVAL_MS: "7499" })).toEqual([]);
    expect(faultsOf({ ...minimal, SESSION_TIMEOUT_MS: "x", TRANSACTION_TIMEOUT_MS: "20000" })).toHaveLength(
      1,
    );
  });
});

describe("secrets", () => {
  it("are in no error message, too short or of the wrong kind", () => {
    const message = faultsOf({ ...minimal, WEBHOOK_SECRET: "hunter2" }).join();
    expect(message).not.toContain("hunter2");
    expect(message).toContain(
      "WEBHOOK_SECRET: found a value (secret, not shown), but must be a text of at least 16",
    );
  });

  it("within a broker address are masked", () => {
    const message = faultsOf({ ...minimal, KAFKA_BROKERS: "sasl://me:hunter2@b:9092" }).join();
    expect(message).toContain("[secret]");
    expect(message).not.toContain("hunter2");
  });

  it("are hidden in the effective configuration, and known to the logger", () => {
    const config = loadConfig(schema, { env: minimal });
    expect(JSON.stringify(effectiveConfig(schema, config))).not.toContain("correct-horse");
    expect(effectiveConfig(schema, config)["ADMIN_PORT"]).toBe(9464);
    expect(secretValues(schema, config)).toEqual(["correct-horse-battery"]);
  });

  it("come from a file where _FILE names one, and not from both", () => {
    const file = join(mkdtempSync(join(tmpdir(), "riffle-secret-")), "webhook");
    writeFileSync(file, "from-a-mounted-file\n");
    const { WEBHOOK_SECRET: _, ...rest } = minimal;
    const config = loadConfig(schema, { env: { ...rest, WEBHOOK_SECRET_FILE: file } });
    expect(config.WEBHOOK_SECRET).toBe("from-a-mounted-file");
    expect(faultsOf({ ...minimal, WEBHOOK_SECRET_FILE: file })[0]).toContain("keep one of them");
    expect(faultsOf({ ...rest, WEBHOOK_SECRET_FILE: `${file}-absent` })[0]).toContain("ENOENT");
  });
});

describe("the pages", () => {
  it("the table has a row for each variable, with rule and default", () => {
    const table = configTable(schema);
    expect(table.split("\n")).toHaveLength(2 + Object.keys(schema.properties).length);
    expect(table).toMatch(/^\| `KAFKA_BROKERS` +\| .* \| \*\*required\*\* +\|$/m);
    expect(table).toMatch(/a whole number from 1 to 1000000000 \(milliseconds\) +\| `15000` +\|$/m);
    expect(table).toContain("`WEBHOOK_SECRET_FILE`");
    expect(table).toMatch(/\| the host name +\|$/m);
    expect(new Set(table.split("\n").map((line) => line.length)).size).toBe(1);
  });

  it("the example lists shared variables once and each service's own under its name", () => {
    const own = Type.Object({
      ...baseConfig,
      HTTP_PORT: Type.Integer({ default: 8080, description: "Port." }),
    });
    const text = envExample({ ingest: own, filter: Type.Object(baseConfig) });
    expect(text.match(/# KAFKA_BROKERS=/g)).toHaveLength(1);
    expect(text).toContain("# KAFKA_BROKERS=127.0.0.1:9092");
    expect(text.indexOf("## ingest")).toBeLessThan(text.indexOf("# HTTP_PORT=8080"));
    expect(text).not.toContain("## filter");
  });
});
