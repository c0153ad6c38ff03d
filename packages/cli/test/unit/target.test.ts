// A bug here sends an operator's command to another cluster than the one meant.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Call } from "../../src/command.ts";
import { findBrokers, readRunNote } from "../../src/target.ts";

const folder = mkdtempSync(join(tmpdir(), "riffle-cli-"));
const file = join(folder, "run.json");
afterEach(() => rmSync(file, { force: true }));

const callOf = (options: Call["options"], env: Call["env"] = {}): Call => ({
  options,
  env,
  operands: [],
  terminal: { out: () => {}, note: () => {}, ask: async () => undefined },
});

const note = { brokers: ["127.0.0.1:3"], ingestUrl: "http://127.0.0.1:8080" };

describe("the brokers", () => {
  it("are those of --brokers, else of KAFKA_BROKERS, else of the running pipeline", () => {
    const env = { KAFKA_BROKERS: "127.0.0.1:2,127.0.0.1:4" };
    expect(findBrokers(callOf({ brokers: "127.0.0.1:1" }, env), note).brokers).toEqual(["127.0.0.1:1"]);
    expect(findBrokers(callOf({}, env), note).brokers).toEqual(["127.0.0.1:2", "127.0.0.1:4"]);
    expect(findBrokers(callOf({}), note).brokers).toEqual(["127.0.0.1:3"]);
    expect(() => findBrokers(callOf({}), undefined)).toThrow("npx -y pnpm@10 start");
  });

  it("that are no addresses are refused by name", () => {
    expect(() => findBrokers(callOf({ brokers: "nowhere" }), note)).toThrow("KAFKA_BROKERS");
  });

  it("are reached as the services reach them", () => {
    const env = {
      KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
      KAFKA_SASL_USERNAME: "operator",
      KAFKA_SASL_PASSWORD: "secret",
    };
    expect(findBrokers(callOf({}, env), note).sasl).toEqual({
      mechanism: "scram-sha-512",
      username: "operator",
      password: "secret",
    });
    expect(() => findBrokers(callOf({}, { KAFKA_SASL_MECHANISM: "PLAIN" }), note)).toThrow(
      "KAFKA_SASL_USERNAME",
    );
  });
});

describe("the note of a running pipeline", () => {
  it("counts while its launcher is alive", () => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, ...note }));
    expect(readRunNote(file)).toEqual(note);
  });

  it.each([
    ["is of a launcher that is gone", JSON.stringify({ pid: 2 ** 30, ...note })],
    ["is not whole", JSON.stringify({ pid: process.pid, brokers: note.brokers })],
    ["is no JSON", "{"],
  ])("counts as none when it %s", (_, text) => {
    writeFileSync(file, text);
    expect(readRunNote(file)).toBeUndefined();
  });

  it("counts as none when it is not there", () => {
    expect(readRunNote(file)).toBeUndefined();
  });
});
