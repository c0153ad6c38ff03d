// A bug here loses a good line beside a bad one, answers for the wrong line, says 202 too early, or lets one client
// fill the memory.

import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { batchBytesMax, linesMax } from "../../../src/batch/batch-run.ts";
import { edge, goodText } from "../edge.ts";

interface Result {
  readonly line: number;
  readonly status: number;
  readonly id?: string;
  readonly code?: string;
  readonly errors?: readonly { readonly field: string; readonly byteAt: number }[];
}

const line = (n: number): string => goodText("tx-1", `tx-${n}`);
const resultsOf = (body: string): Result[] =>
  body
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe("a batch of lines", () => {
  it("is answered 202 when each is recorded, with one result for each, in order", async () => {
    const { postBatch, sent } = edge();
    const response = await postBatch(`${line(1)}\n${line(2)}\r\n\n${line(3)}`, { traceparent: "" });
    expect([response.statusCode, response.headers["content-type"]]).toEqual([
      202,
      "application/x-ndjson; charset=utf-8",
    ]);
    expect(resultsOf(response.body)).toEqual([
      { line: 1, status: 202, id: "tx-1", accountId: "acct-1" },
      { line: 2, status: 202, id: "tx-2", accountId: "acct-1" },
      { line: 4, status: 202, id: "tx-3", accountId: "acct-1" },
    ]);
    expect(sent.map(({ value }) => JSON.parse(Buffer.from(value).toString()).id)).toEqual([
      "tx-1",
      "tx-2",
      "tx-3",
    ]);
  });

  it("records the good ones beside every kind of bad one, and says where each is wrong", async () => {
    const { postBatch, sent } = edge();
    const bad = [
      '{"id":',
      Buffer.from([0x7b, 0xff, 0x7d]),
      '"unclosed',
      "]}",
      "[".repeat(40),
      goodText("1250", "-1"),
      "x".repeat(70_000),
      "null",
    ];
    const parts = bad.flatMap((text, i) => [
      Buffer.from(`${line(i)}\n`),
      Buffer.from(text),
      Buffer.from("\n"),
    ]);
    const response = await postBatch(Buffer.concat(parts));
    expect(response.statusCode).toBe(207);
    const results = resultsOf(response.body);
    expect(results.map(({ status }) => status)).toEqual(
      bad.flatMap((text) => [202, text.length === 70_000 ? 413 : 400]),
    );
    expect(results.map((result) => result.line)).toEqual(results.map((_, i) => i + 1));
    expect(results[11]?.errors?.[0]).toMatchObject({ field: "amount", byteAt: goodText().indexOf("1250") });
    expect(sent).toHaveLength(bad.length);
  });

  it("keeps the order of its lines though Kafka confirms in another", async () => {
    const confirm: (() => void)[] = [];
    const { postBatch, sent } = edge(() => new Promise<void>((resolve) => confirm.push(resolve)));
    const answer = postBatch([line(1), line(2), line(3)].join("\n"));
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    for (const done of confirm.reverse()) done();
    expect(resultsOf((await answer).body).map(({ id }) => id)).toEqual(["tx-1", "tx-2", "tx-3"]);
  });

  it("says 503 for those that were not confirmed, and 202 for their neighbours", async () => {
    let sends = 0;
    const { postBatch } = edge(() =>
      ++sends % 2 === 0 ? Promise.reject(new TypeError("no leader")) : Promise.resolve(),
    );
    const results = resultsOf((await postBatch([1, 2, 3, 4].map(line).join("\n"))).body);
    expect(results.map(({ status, code }) => [status, code])).toEqual([
      [202, undefined],
      [503, "not-recorded-in-time"],
      [202, undefined],
      [503, "not-recorded-in-time"],
    ]);
  });

  it("is cut after 10,000, and says from which line on nothing was recorded", async () => {
    const { postBatch, sent } = edge();
    const body = Array.from({ length: linesMax + 5 }, (_, n) => line(n)).join("\n");
    const response = await postBatch(body);
    const results = resultsOf(response.body);
    expect(response.statusCode).toBe(207);
    expect(sent).toHaveLength(linesMax);
    expect(results).toHaveLength(linesMax + 1);
    expect(results.at(-1)).toMatchObject({ line: linesMax + 1, status: 413, code: "batch-too-large" });
  });

  it("of more than 8 MiB by its Content-Length is refused before a line is read", async () => {
    const { postBatch, sent } = edge();
    const response = await postBatch(Buffer.alloc(batchBytesMax + 1, `${line(1)}\n`));
    expect([response.statusCode, response.json().code]).toEqual([413, "batch-too-large"]);
    expect(sent).toEqual([]);
  });

  it.each(["", "\n", " \r\n\t\n"])("that holds none is a 400: %j", async (body) => {
    const { postBatch } = edge();
    const response = await postBatch(body);
    expect([response.statusCode, response.json().code]).toEqual([400, "malformed-json"]);
  });

  it("takes no Idempotency-Key and no other media type", async () => {
    const { postBatch, sent } = edge();
    expect((await postBatch(line(1), { "idempotency-key": "tx-1" })).statusCode).toBe(400);
    expect((await postBatch(line(1), { "content-type": "text/plain" })).statusCode).toBe(415);
    expect((await postBatch(line(1), { "content-encoding": "gzip" })).statusCode).toBe(415);
    expect(sent).toEqual([]);
  });

  it("counts its transactions by what became of them", async () => {
    const { postBatch, metrics } = edge();
    await postBatch(`${line(1)}\n{\n${line(2)}\n`);
    const text = await metrics.render();
    expect(text).toContain('riffle_ingest_batch_transactions_total{outcome="accepted",service="ingest"} 2');
    expect(text).toContain(
      'riffle_ingest_batch_transactions_total{outcome="malformed-json",service="ingest"} 1',
    );
    expect(text).toContain('riffle_ingest_requests_total{status="207",outcome="partial",service="ingest"} 1');
  });
});

describe("a batch as a JSON list", () => {
  const list = { "content-type": "application/json" };

  it("is answered with a list", async () => {
    const { postBatch } = edge();
    const response = await postBatch(`[${line(1)}, ${goodText("EUR", "EUX")},\n${line(3)}]`, list);
    expect([response.statusCode, response.headers["content-type"]]).toEqual([
      207,
      "application/json; charset=utf-8",
    ]);
    expect(response.json().map((result: Result) => [result.line, result.status])).toEqual([
      [1, 202],
      [2, 400],
      [3, 202],
    ]);
  });

  it("whose end is missing records what came before, and says so", async () => {
    const { postBatch, sent } = edge();
    const response = await postBatch(`[${line(1)},${line(2)},{"id":"`, list);
    expect(response.json().map((result: Result) => result.status)).toEqual([202, 202, 400]);
    expect(sent).toHaveLength(2);
  });

  it.each(["[]", "{}", ""])("of %j is a 400 or has one in it", async (body) => {
    const { postBatch, sent } = edge();
    const response = await postBatch(body, list);
    expect(response.statusCode === 400 || response.json()[0].status === 400).toBe(true);
    expect(sent).toEqual([]);
  });
});

describe("a batch over a real connection", () => {
  /** Sends the pieces one after the other; resolves with all that was answered when the server closes. */
  async function start(server: ReturnType<typeof edge>) {
    open.push(server.app);
    const address = await server.app.listen({ host: "127.0.0.1", port: 0 });
    const socket = connect(Number(new URL(address).port), "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    const closed = new Promise<string>((resolve) => socket.on("close", () => resolve(text)));
    const head = "POST /v1/transactions/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    socket.write(`${head}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = (body: string) => socket.write(`${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`);
    return { socket, chunk, end: () => socket.write("0\r\n\r\n"), closed, read: () => text };
  }

  it("sends its lines on while the rest is still to come", async () => {
    const server = edge();
    const { chunk, end, closed } = await start(server);
    chunk(`${line(1)}\n${line(2).slice(0, 20)}`);
    await vi.waitFor(() => expect(server.sent).toHaveLength(1));
    chunk(line(2).slice(20));
    end();
    expect(await closed).toMatch(/^HTTP\/1.1 202 /);
    expect(server.sent).toHaveLength(2);
  });

  it("is not read on while 1,000 of it wait for Kafka", async () => {
    const confirm: (() => void)[] = [];
    const server = edge(() => new Promise<void>((resolve) => confirm.push(resolve)));
    const { chunk, end, closed } = await start(server);
    for (let n = 0; n < 3_000; n += 100) {
      chunk(Array.from({ length: 100 }, (_, i) => `${line(n + i)}\n`).join(""));
    }
    end();
    await vi.waitFor(() => expect(server.sent).toHaveLength(1_000));
    const release = setInterval(() => {
      for (const done of confirm.splice(0)) done();
    }, 1);
    const text = await closed;
    clearInterval(release);
    expect(text).toMatch(/^HTTP\/1.1 202 /);
    expect(text.match(/"status":202/g)).toHaveLength(3_000);
  });

  it("leaves room for single transactions", async () => {
    const confirm: (() => void)[] = [];
    const server = edge(() => new Promise<void>((resolve) => confirm.push(resolve)), {
      UNSETTLED_SENDS_MAX: 8,
    });
    const { chunk, end, closed } = await start(server);
    chunk(Array.from({ length: 20 }, (_, n) => `${line(n)}\n`).join(""));
    end();
    await vi.waitFor(() => expect(server.sent).toHaveLength(6));
    const single = server.post(line(99));
    await vi.waitFor(() => expect(server.sent).toHaveLength(7));
    const release = setInterval(() => {
      for (const done of confirm.splice(0)) done();
    }, 1);
    expect((await single).statusCode).toBe(202);
    expect(await closed).toMatch(/^HTTP\/1.1 202 /);
    clearInterval(release);
  });

  it("is cut where the results of all take too much; the next is told 503 until answers are out", async () => {
    const confirm: (() => void)[] = [];
    const held = () => new Promise<void>((resolve) => confirm.push(resolve));
    const server = edge(held, {}, undefined, undefined, 2_000);
    const { chunk, end, closed } = await start(server);
    chunk(`${line(1)}\n${"x\n".repeat(100)}`);
    await vi.waitFor(() => expect(server.sent).toHaveLength(1));
    const next = await server.postBatch(line(2));
    expect([next.statusCode, next.json().code]).toEqual([503, "overloaded"]);
    confirm.pop()?.();
    end();
    const results = [...(await closed).matchAll(/^\{"line".*$/gm)].map(([text]): Result => JSON.parse(text));
    expect(results.length).toBeLessThan(20);
    expect(results.map((result) => result.line)).toEqual(results.map((_, i) => i + 1));
    expect([results[0]?.status, results[1]?.code]).toEqual([202, "malformed-json"]);
    expect(results.at(-1)).toMatchObject({ status: 503, code: "overloaded" });
    const later = server.postBatch(line(3));
    await vi.waitFor(() => expect(server.sent).toHaveLength(2));
    confirm.pop()?.();
    expect((await later).statusCode).toBe(202);
  });

  it("whose client goes away holds no results, also of what is confirmed later", async () => {
    const confirm: (() => void)[] = [];
    const held = () => new Promise<void>((resolve) => confirm.push(resolve));
    const server = edge(held, {}, undefined, undefined, 60);
    const { socket, chunk } = await start(server);
    chunk(`${line(1)}\nx\n`);
    await vi.waitFor(() => expect(server.sent).toHaveLength(1));
    expect((await server.postBatch("x")).statusCode).toBe(503);
    socket.destroy();
    await vi.waitFor(async () => {
      expect(await server.metrics.render()).toContain('outcome="client-gone",service="ingest"} 1');
    });
    confirm.pop()?.();
    await vi.waitFor(async () => {
      expect(await server.metrics.render()).toContain('riffle_ingest_unsettled_sends{service="ingest"} 0');
    });
    expect((await server.postBatch("x")).statusCode).toBe(207);
  });

  it("whose client goes away is forgotten, and the server goes on", async () => {
    const server = edge();
    const { socket, chunk } = await start(server);
    chunk(`${line(1)}\n`);
    await vi.waitFor(() => expect(server.sent).toHaveLength(1));
    socket.destroy();
    await vi.waitFor(async () => {
      expect(await server.metrics.render()).toContain('outcome="client-gone",service="ingest"} 1');
    });
    expect((await server.post(line(2))).statusCode).toBe(202);
    expect(server.lines).toEqual([]);
  });
});

it("a repeat within reach of memory is not sent again", async () => {
  const { postBatch, sent } = edge();
  await postBatch(`${line(1)}\n${line(2)}\n`);
  const again = await postBatch(`${line(2)}\n${line(3)}\n`);
  expect(again.statusCode).toBe(202);
  expect(sent.map(({ value }) => JSON.parse(Buffer.from(value).toString()).id)).toEqual([
    "tx-1",
    "tx-2",
    "tx-3",
  ]);
});
