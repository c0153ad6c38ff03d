// A bug here would look like this: after a deployment every record that still lies on a topic, and every state that was
// written by the build before, goes to the dead letters.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allTopics, topics } from "../../src/topics.ts";
import { goldenRecords, judgedUpcast } from "../golden/values.ts";

const folder = new URL("../golden/", import.meta.url);

function readGolden(file: string): { schema: string | undefined; bytes: Buffer } {
  const stored: unknown = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  const { headers, valueBase64 } = stored as { headers: Record<string, string>; valueBase64: string };
  return { schema: headers["schema"], bytes: Buffer.from(valueBase64, "base64") };
}

describe.each(goldenRecords)("$file", ({ file, codec, value }) => {
  const { schema, bytes } = readGolden(file);

  it("is decoded to its value by today's code", () => {
    expect(codec.decode(bytes, schema)).toStrictEqual(value);
  });

  it("equals the bytes that today's code encodes", () => {
    expect(codec.schema).toBe(schema);
    expect(Buffer.from(codec.encode(value)).toString("utf8")).toBe(bytes.toString("utf8"));
  });
});

/** Schemas that a topic still holds and nobody writes any more. */
const former = ["case-event/1"];

describe("a case event of version 1", () => {
  const { schema, bytes } = readGolden("case-event.1.json");

  it("is read from its topic as what it means in version 2", () => {
    expect(topics.casesEvents.codec.decode(bytes, schema)).toStrictEqual(judgedUpcast);
  });

  it("can not be written again once it was upcast", () => {
    expect(() => topics.casesEvents.codec.encode(judgedUpcast)).toThrow("writtenAs");
  });
});

describe("the golden folder", () => {
  it("has a record for every schema of every topic, and for every former one", () => {
    const written = allTopics.map((topic) => topic.codec.schema).filter((schema) => schema !== "");
    const stored = goldenRecords.map(({ file }) => readGolden(file).schema);
    expect([...new Set([...written, ...former])].sort()).toEqual([...new Set(stored)].sort());
  });

  it("has no file that no test reads", () => {
    const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
    expect(files.sort()).toEqual(goldenRecords.map(({ file }) => file).sort());
  });
});
