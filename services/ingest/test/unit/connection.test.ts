// A bug here lets a malformed or slow connection crash the process, hang for ever, or smuggle a second request. Real sockets.

import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { edge, goodText } from "./edge.ts";

let server: ReturnType<typeof edge>;
let port: number;
let confirm: (() => void)[];
let holds: boolean;

beforeEach(async () => {
  confirm = [];
  holds = false;
  server = edge(() => (holds ? new Promise<void>((resolve) => confirm.push(resolve)) : Promise.resolve()));
  port = Number(new URL(await server.app.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterEach(() => server.app.close());

/** Writes raw bytes, reads until the other side closes (or `until` is seen). */
function exchange(raw: string, until = "never seen"): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(raw));
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.includes(until)) socket.destroy();
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

const body = goodText();
const head = (...lines: string[]) =>
  ["POST /v1/transactions HTTP/1.1", "Host: x", "Content-Type: application/json", ...lines, "", ""].join(
    "\r\n",
  );

describe("a malformed request", () => {
  it.each([
    ["is no HTTP", "hello\r\n\r\n", 400, "malformed-request"],
    [
      "has Content-Length and Transfer-Encoding",
      head("Content-Length: 5", "Transfer-Encoding: chunked") + body,
      400,
      "malformed-request",
    ],
    [
      "has two Content-Lengths",
      head("Content-Length: 5", "Content-Length: 6") + body,
      400,
      "malformed-request",
    ],
    ["has a negative Content-Length", head("Content-Length: -1") + body, 400, "malformed-request"],
    ["has a bad chunk size", `${head("Transfer-Encoding: chunked")}zz\r\n`, 400, "malformed-request"],
    ["folds a header", head("X-A: 1\r\n b", "Content-Length: 0"), 400, "malformed-request"],
    [
      "has no Host",
      `POST /v1/transactions HTTP/1.1\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      400,
      "malformed-request",
    ],
    ["has 17 KiB of headers", head(`X-A: ${"a".repeat(17_000)}`), 431, "headers-too-large"],
  ])(
    "that %s is answered with a problem, the connection closed, nothing sent",
    async (_, raw, status, code) => {
      const answer = await exchange(raw);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer).toContain(`"code":"${code}"`);
      expect(server.sent).toEqual([]);
    },
  );

  it("is none that expects what nobody knows: it is served like any other", async () => {
    const answer = await exchange(
      head(`Content-Length: ${body.length}`, "Expect: 200-maybe", "Connection: close") + body,
    );
    expect(answer).toMatch(/^HTTP\/1.1 202 /);
    expect(server.sent).toHaveLength(1);
  });

  it("whose body is longer than its Content-Length is one bad request, and no second one", async () => {
    const answer = await exchange(head(`Content-Length: ${body.length - 1}`) + body);
    expect(answer.match(/HTTP\/1\.1 400 /g)).toHaveLength(1);
    expect(server.sent).toEqual([]);
  });

  it("behind a good one does not take its answer: 202 for what is recorded, then the end", async () => {
    holds = true;
    const answer = exchange(`${head(`Content-Length: ${body.length}`)}${body}garbage

`);
    await vi.waitFor(() => expect(confirm).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    confirm[0]?.();
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1.1 202 /);
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it("whose client gives up half-way is forgotten", async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.write(head(`Content-Length: ${body.length}`) + body.slice(0, 20));
        setImmediate(() => socket.destroy());
      });
      socket.on("close", () => resolve());
    });
    expect(await exchange(head(`Content-Length: ${body.length}`, "Connection: close") + body)).toContain(
      "202",
    );
    expect(server.sent).toHaveLength(1);
  });

  it("of 1 MB is answered 413 before it has arrived", async () => {
    expect(await exchange(head("Content-Length: 1000000") + body, "body-too-large")).toMatch(
      /^HTTP\/1.1 413 /,
    );
  });
});

describe("limits of time", () => {
  it("are set on the server: Fastify's defaults would wait for ever", () => {
    expect(server.app.server).toMatchObject({
      requestTimeout: 10_000,
      headersTimeout: 5_000,
      keepAliveTimeout: 9_000,
      timeout: 12_000,
    });
  });
});

describe("shutdown", () => {
  it("lets a request under way finish, closes its connection, and takes no new one", async () => {
    holds = true;
    const raw = head(`Content-Length: ${body.length}`) + body;
    const answer = exchange(raw);
    await vi.waitFor(() => expect(confirm).toHaveLength(1));
    const closed = server.app.close();
    await vi.waitFor(() => expect(server.app.server.listening).toBe(false));
    await expect(exchange(raw)).rejects.toThrow("ECONNREFUSED");
    confirm[0]?.();
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1.1 202 /);
    expect(text.toLowerCase()).toContain("connection: close");
    await closed;
  });
});
