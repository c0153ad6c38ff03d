// A bug here looks like this: `scenario` talks to a broker that was stopped yesterday.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRunNote, removeRunNote, writeRunNote } from "../../../launcher/run-file.ts";

let folder = "";
const note = {
  pid: process.pid,
  brokers: ["127.0.0.1:20001"],
  ingestUrl: "http://127.0.0.1:8080",
  consoleUrl: "http://127.0.0.1:8090",
};
/** Above the highest process id of any system in use. */
const nobody = 2 ** 30;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "riffle-run-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the note about what runs", () => {
  it("is read back while its launcher lives", () => {
    const file = join(folder, "deeper", "run.json");
    writeRunNote(note, file);
    expect(readRunNote(file)).toEqual(note);
    removeRunNote(file);
    expect(readRunNote(file)).toBeUndefined();
  });

  it("of a launcher that was killed counts as none", () => {
    const file = join(folder, "run.json");
    writeRunNote({ ...note, pid: nobody }, file);
    expect(readRunNote(file)).toBeUndefined();
  });

  it("of another launcher is left alone", () => {
    const file = join(folder, "run.json");
    writeRunNote({ ...note, pid: process.ppid }, file);
    removeRunNote(file);
    expect(readRunNote(file)?.pid).toBe(process.ppid);
  });

  it.each(["", "{", "[]", '{"pid":"1"}'])("that is broken (%s) counts as none", (text) => {
    const file = join(folder, "run.json");
    writeFileSync(file, text);
    expect(readRunNote(file)).toBeUndefined();
  });
});
