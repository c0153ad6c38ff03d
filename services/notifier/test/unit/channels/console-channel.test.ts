// A bug here hides an alert from the person at the terminal.

import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { alertLine } from "../../../src/channels/alert-line.ts";
import { attemptError } from "../../../src/channels/channel.ts";
import { ConsoleChannel, printerTo } from "../../../src/channels/console-channel.ts";
import { anAlert } from "../alerts.ts";

const message = { sequence: 1, notificationId: "nt_0123456789abcdef0123456789abcdef", alert: anAlert("t1") };
const at = "2026-03-01T12:00:00.000Z";
const nowMs = () => Date.parse(at);

describe("the console channel", () => {
  it("prints one line per alert", async () => {
    const lines: string[] = [];
    const channel = new ConsoleChannel({ print: (line) => lines.push(line), colours: false, nowMs });
    expect(await channel.attempt(message)).toEqual({
      verdict: "delivered",
      attempt: { at, status: null, durationMs: 0 },
    });
    expect(lines).toEqual([
      `ALERT  card-testing  acc_42  3 purchases under 100.00 EUR, then 1,200.00 EUR within 2 min 10 s  (${message.alert.id})`,
    ]);
  });

  it("a terminal that is gone is given up, with its reason", async () => {
    const print = () => {
      throw new TypeError("write EPIPE");
    };
    const result = await new ConsoleChannel({ print, colours: false, nowMs }).attempt(message);
    expect(result).toEqual({
      verdict: "give-up",
      attempt: { at, status: null, durationMs: 0, error: "write EPIPE" },
    });
  });

  it("a reader that goes away costs the alert its line, and the process nothing", async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error("write EPIPE")) });
    const channel = new ConsoleChannel({ print: printerTo(stream), colours: false, nowMs });
    for (const error of ["write EPIPE", expect.stringContaining("destroyed")]) {
      expect(await channel.attempt(message)).toMatchObject({ verdict: "give-up", attempt: { error } });
    }
  });

  it("prints to a stream, which it listens to once", async () => {
    const stream = new PassThrough();
    await printerTo(stream)("one");
    await printerTo(stream)("two");
    expect(String(stream.read())).toBe("one\ntwo\n");
    expect(stream.listenerCount("error")).toBe(1);
  });

  it("a withdrawn alert says so", () => {
    expect(alertLine(anAlert("t1", "acc_42", "withdrawn"), { colours: false })).toMatch(
      /^WITHDRAWN {2}card-testing/,
    );
  });

  it("uses colours only when told to", () => {
    expect(alertLine(message.alert, { colours: false })).not.toContain("\u001b");
    expect(alertLine(message.alert, { colours: true })).toContain("\u001b[31mALERT\u001b[0m");
  });
});

describe("the error of an attempt", () => {
  it("is one line of at most 500 characters, and never empty", () => {
    expect(attemptError("two\r\nlines\u001b[31m")).toBe("two lines [31m");
    expect([...attemptError("é".repeat(600))]).toHaveLength(500);
    expect(attemptError("\n")).toBe("no reason given");
  });
});
