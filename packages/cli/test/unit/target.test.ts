// A bug here sends an operator's command to another cluster than the one meant.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Call } from "../../src/command.ts";
import { findBrokers, findConsole, findIngest, readRunNote } from "../../src/target.ts";
import { run, silentTerminal } from "../harness/recorded-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "riffle-cli-"));
const file = join(folder, "run.json");
afterEach(() => rmSync(file, { force: true }));

const callOf = (options: Call["options"], env: Call["env"] = {}): Call => ({
  options,
  env,
  operands: [],
  terminal: silentTerminal,
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

describe("the console and ingest", () => {
  it("are those of their option, else of their variable, else of the running pipeline, else where they are by default", () => {
    const env = { RIFFLE_CONSOLE_URL: "http://b:1", INGEST_URL: "http://b:2" };
    const running = { ...note, consoleUrl: "http://c:1" };
    const options = { "console-url": "https://a:1/", "ingest-url": "https://a:2" };
    expect(findConsole(callOf(options, env), running).url).toBe("https://a:1");
    expect(findConsole(callOf({}, env), running).url).toBe("http://b:1");
    expect(findConsole(callOf({}), running).url).toBe("http://c:1");
    expect(findConsole(callOf({}), note).url).toBe("http://127.0.0.1:8090");
    expect(findIngest(callOf(options, env), running).url).toBe("https://a:2");
    expect(findIngest(callOf({}, env), running).url).toBe("http://b:2");
    expect(findIngest(callOf({}), running).url).toBe("http://127.0.0.1:8080");
    for (const url of ["nowhere", "file:///etc/passwd", "127.0.0.1:8090"])
      expect(() => findConsole(callOf({ "console-url": url }), note)).toThrow("give an address");
    expect(() => findIngest(callOf({ "ingest-url": "nowhere" }), note)).toThrow("http://127.0.0.1:8080");
  });

  it("that a variable names wrongly are refused by its name, as every variable is", async () => {
    const words = [
      ["explain", "tx-1"],
      ["send", "--account", "a", "--amount", "1"],
    ];
    for (const [i, variable] of ["RIFFLE_CONSOLE_URL", "INGEST_URL"].entries())
      expect(await run(words[i] ?? [], { env: { [variable]: "nowhere" } })).toMatchObject({
        code: 78,
        notes: [expect.stringMatching(new RegExp(`^${variable}: .*give an address`)), expect.anything()],
      });
  });

  it.each([
    "https://ada:5ecret@console.example.com",
    "https://ada:5ecret@console.example.com:99999",
    "https://ada:5e/cret@console.example.com",
    "https://5ecret@console.example.com",
    "HTTPS://ada:5ecret@console.example.com/below/",
    "ftp://ada:5ecret@console.example.com",
    "ada:5ecret@console.example.com",
  ])("are refused with a name or a password in them, which no message repeats: %s", async (url) => {
    const send = ["send", "--account", "a", "--amount", "1"];
    const runs = [
      await run(["explain", "tx-1", "--console-url", url]),
      await run(["explain", "tx-1"], { env: { RIFFLE_CONSOLE_URL: url } }),
      await run([...send, "--ingest-url", url]),
      await run(send, { env: { INGEST_URL: url } }),
    ];
    expect(runs.map(({ code }) => code)).toEqual([2, 78, 2, 78]);
    for (const { out, notes } of runs) {
      expect([...out, ...notes].join("\n")).not.toMatch(/ada|5e|cret/);
      expect(notes.join("\n")).toContain("…@console.example.com");
    }
  });

  it("are told who asks by variables alone", () => {
    const env = { RIFFLE_API_KEY: "key", RIFFLE_TOKEN: "" };
    expect(findIngest(callOf({}, env), note).headers).toEqual({ "x-api-key": "key" });
  });
});

describe("the note of a running pipeline", () => {
  it("counts while its launcher is alive", () => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, ...note }));
    expect(readRunNote(file)).toEqual(note);
    writeFileSync(file, JSON.stringify({ pid: process.pid, ...note, consoleUrl: "http://c:1" }));
    expect(readRunNote(file)).toEqual({ ...note, consoleUrl: "http://c:1" });
  });

  it.each([
    ["is of a launcher that is gone", JSON.stringify({ pid: 2 ** 30, ...note })],
    ["is not whole", JSON.stringify({ pid: process.pid, brokers: note.brokers })],
    ["names no broker", JSON.stringify({ pid: process.pid, ...note, brokers: [] })],
    ["is no JSON", "{"],
  ])("counts as none when it %s", (_, text) => {
    writeFileSync(file, text);
    expect(readRunNote(file)).toBeUndefined();
  });

  it("counts as none when it is not there", () => {
    expect(readRunNote(file)).toBeUndefined();
  });
});
