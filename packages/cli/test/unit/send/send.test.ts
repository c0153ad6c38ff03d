// A bug here loses a transaction that ingest could not take for a moment, or says of a refused one that it was accepted.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { sendBatch } from "../../../src/send/ingest-client.ts";
import { type Asked, httpDouble, nowhere, type Reply } from "../../harness/http-double.ts";
import { run } from "../../harness/recorded-terminal.ts";

/** What ingest answers to a batch, by the status of each line. */
const results = ({ body }: Asked, statusOf: (id: string) => number): Reply => {
  const lines = body.split("\n").filter((line) => line !== "");
  const answers = lines.map((text, i) => {
    const { id } = JSON.parse(text) as { id: string };
    const status = statusOf(id);
    return JSON.stringify({ line: i + 1, status, id, ...(status === 202 ? {} : { code: `code-${status}` }) });
  });
  return { status: 207, body: `${answers.join("\n")}\n` };
};

const batchOf = (...ids: string[]) =>
  ids.map((id, i) => ({ line: i * 2 + 1, bytes: Buffer.from(JSON.stringify({ id })) }));

describe("a batch", () => {
  it("is answered line by line, with the numbers of the input", async () => {
    const { url } = await httpDouble((asked) => results(asked, (id) => (id === "b" ? 400 : 202)));
    const found = await sendBatch({ url, headers: {} }, batchOf("a", "b", "c"));
    expect(found.map(({ line, status, id }) => [line, status, id])).toEqual([
      [1, 202, "a"],
      [3, 400, "b"],
      [5, 202, "c"],
    ]);
  });

  it("sends again what was refused for now, that alone, after the time that was asked for", async () => {
    const waits: number[] = [];
    const { url, asked } = await httpDouble((request, count) => {
      if (count === 1) return { status: 503, headers: { "retry-after": "2" }, body: { code: "overloaded" } };
      if (count === 2)
        return { ...results(request, (id) => (id === "a" ? 202 : 503)), headers: { "retry-after": "1" } };
      if (count === 3) return { hangUp: true };
      return results(request, () => 202);
    });
    const wait = async (ms: number) => void waits.push(ms);
    const found = await sendBatch({ url, headers: {} }, batchOf("a", "b"), { wait, backoffMs: 100 });
    expect(found.map(({ line, status }) => [line, status])).toEqual([
      [1, 202],
      [3, 202],
    ]);
    expect(waits).toEqual([2_000, 1_000, 400]);
    expect(asked.map(({ body }) => body.trim().split("\n").length)).toEqual([2, 2, 1, 1]);
  });

  it("that is refused to the end has that as its result, and no answer at all is an error that says what may be", async () => {
    const { url } = await httpDouble(() => ({
      status: 503,
      body: { code: "kafka-unreachable", detail: "no" },
    }));
    const patience = { attemptsMax: 3, wait: async () => {} };
    expect(await sendBatch({ url, headers: {} }, batchOf("a"), patience)).toEqual([
      { line: 1, status: 503, code: "kafka-unreachable", detail: "no" },
    ]);
    const target = { url: await nowhere(), headers: {} };
    await expect(sendBatch(target, batchOf("a"), patience)).rejects.toMatchObject({
      code: "CLI_INGEST_UNREACHABLE",
      message: expect.stringContaining("lines 1 to 1: ECONNREFUSED"),
    });
  });

  it("that ingest cut goes on where it was cut", async () => {
    const { url, asked } = await httpDouble((request, count) =>
      count === 1
        ? {
            status: 207,
            body: '{"line":1,"status":202,"id":"a"}\n{"line":2,"status":413,"code":"batch-too-large"}\n',
          }
        : results(request, () => 202),
    );
    const found = await sendBatch({ url, headers: {} }, batchOf("a", "b"), { wait: async () => {} });
    expect(found.map(({ line, status }) => [line, status])).toEqual([
      [1, 202],
      [3, 202],
    ]);
    expect(asked[1]?.body).toBe('{"id":"b"}\n');
  });
});

describe("riffle send", () => {
  it("reads a file or standard input, tells of each line, and ends with 1 when any was refused", async () => {
    const { url } = await httpDouble((asked) => results(asked, (id) => (id.startsWith("bad") ? 400 : 202)));
    const folder = mkdtempSync(join(tmpdir(), "riffle-send-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "some.ndjson");
    writeFileSync(file, '{"id":"a"}\n\n{"id":"bad"}\n');
    const listed = await run(["send", file, "--ingest-url", url]);
    expect(listed).toEqual({
      code: 1,
      out: ["line 3: 400 code-400: "],
      notes: ["1 transaction accepted, 1 refused."],
    });
    const piped = await run(["send", "-", "--json", "--ingest-url", url], {
      input: '{"id":"a"}\n{"id":"b"}',
    });
    expect(piped.code).toBe(0);
    expect(piped.out.map((line) => JSON.parse(line))).toEqual([
      { line: 1, status: 202, id: "a" },
      { line: 2, status: 202, id: "b" },
    ]);
  });

  it("makes one transaction of flags, with an id, the time of now and the key of the environment", async () => {
    const { url, asked } = await httpDouble((request) => results(request, () => 202));
    const env = { RIFFLE_API_KEY: "rk_secret", INGEST_URL: `${url}/` };
    const ran = await run(["send", "--account", "acct-1", "--amount", "1250", "--country", "DE"], { env });
    expect(ran.code).toBe(0);
    expect(asked[0]?.headers["x-api-key"]).toBe("rk_secret");
    const sent = JSON.parse(asked[0]?.body ?? "") as Record<string, unknown>;
    expect(sent).toMatchObject({ accountId: "acct-1", amount: 1250, currency: "EUR", country: "DE" });
    expect(ran.out).toEqual([`accepted ${sent["id"]}`]);
    expect(Math.abs(Date.parse(String(sent["occurredAt"])) - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    [["send"], "Name what to send"],
    [["send", "a", "b"], "takes one file"],
    [["send", "a", "--account", "x"], "takes one file"],
    [["send", "--account", "x"], "needs --account and --amount"],
    [["send", "--account", "x", "--amount", "12.50"], "whole minor units"],
    [["send", "--account", "x", "--amount", "1", "--type", "purchas"], "did you mean purchase?"],
    [["send", "--account", "x", "--amount", "1", "--ingest-url", "nowhere"], "give an address"],
  ])("refuses %j before anything is sent", async (words, part) => {
    const { code, notes } = await run(words);
    expect([code, notes.join("\n")]).toEqual([2, expect.stringContaining(part)]);
  });

  it("says of a file that is not there, or is empty, that it cannot be read", async () => {
    expect((await run(["send", "/nowhere/at-all"])).notes.at(-1)).toContain("CLI_INPUT_UNREADABLE");
    expect((await run(["send", "-"], { input: "\n \n" })).notes.at(-1)).toContain("holds no transaction");
  });
});
