// A bug here lets a few hundred clients who send next to nothing hold every connection for ever, and with them the service.
// Real sockets; the time-outs are short, so that none is waited for by the clock.

import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { IngestConfig } from "../../src/config.ts";
import { edge, goodText } from "./edge.ts";

const timeouts = { headersMs: 1_000, requestMs: 1_500, idleMs: 500, quietMs: 500, checkEveryMs: 50 };

let server: ReturnType<typeof edge>;
let port: number;
const slow: SlowClient[] = [];
let unreading: Socket | undefined;
/** The times that are waited for have to pass, and a busy machine adds to them. */
const withinMs = 60_000;

const start = async (connectionsMax = 2_000, config: Partial<IngestConfig> = {}): Promise<void> => {
  server = edge(undefined, { HTTP_CONNECTIONS_MAX: connectionsMax, ...config }, undefined, timeouts);
  port = Number(new URL(await server.app.listen({ host: "127.0.0.1", port: 0 })).port);
};
afterEach(async () => {
  for (const client of slow.splice(0)) client.end();
  unreading?.destroy();
  await server.app.close();
});

const body = goodText();
const head = (...lines: string[]): string =>
  ["POST /v1/transactions HTTP/1.1", "Host: x", "Content-Type: application/json", ...lines, "", ""].join(
    "\r\n",
  );

/** A client that sends something at once, and then the same byte again and again, or nothing. */
class SlowClient {
  readonly #socket: Socket;
  #dripping: NodeJS.Timeout | undefined;
  answer = "";
  isClosed = false;

  constructor(raw: string, drip?: string) {
    this.#socket = connect(port, "127.0.0.1", () => {
      this.#socket.write(raw);
      if (drip !== undefined) this.#dripping = setInterval(() => this.#socket.write(drip), 20);
    });
    this.#socket
      .on("data", (chunk) => {
        this.answer += chunk;
      })
      // The server may reset what is dripped into a connection that it has ended.
      .on("error", () => {})
      .on("close", () => {
        clearInterval(this.#dripping);
        this.isClosed = true;
      });
    slow.push(this);
  }

  end(): void {
    clearInterval(this.#dripping);
    this.#socket.destroy();
  }
}

const connectionsOf = (): Promise<number> =>
  new Promise((resolve, reject) => {
    server.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
const closed = (): number => slow.filter(({ isClosed }) => isClosed).length;
const untilClosed = () => vi.waitFor(() => expect(closed()).toBe(slow.length), { timeout: 30_000 });

const counted = async (status: string, outcome: string): Promise<number> => {
  const series = `riffle_ingest_requests_total{status="${status}",outcome="${outcome}"`;
  const line = (await server.metrics.render()).split("\n").find((each) => each.startsWith(series));
  return Number(line?.split(" ").at(-1) ?? 0);
};

/** A client like any other: sends at once, reads, hangs up. */
const post = (): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(head(`Content-Length: ${body.length}`, "Connection: close") + body),
    );
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });

describe("a client that takes too long", () => {
  const ways: readonly (readonly [how: string, raw: string, drip?: string])[] = [
    ["sends its headers one byte at a time", "POST /v1/transactions HTTP/1.1\r\nX-Slow: ", "a"],
    ["stops within its headers", "POST /v1/transactions HTTP/1.1\r\nHost: x\r\n"],
    ["sends nothing at all", ""],
    ["sends its body one byte at a time", head("Content-Length: 60000"), " "],
    ["stops within its body", head(`Content-Length: ${body.length}`) + body.slice(0, -5)],
    ["stops within a chunk", `${head("Transfer-Encoding: chunked")}400\r\n{`],
    ["names a body and sends none", head(`Content-Length: ${body.length}`)],
  ];

  it(
    "is answered 408 and hung up on, however it does it, and nothing is sent",
    async () => {
      await start();
      // All at once, for the time that they are given has to pass.
      const clients = ways.map(([how, raw, drip]) => [how, new SlowClient(raw, drip)] as const);
      await untilClosed();
      for (const [how, { answer }] of clients) {
        expect(answer, how).toMatch(/^HTTP\/1\.1 408 /);
        expect(answer.toLowerCase(), how).toContain("content-type: application/problem+json");
        expect(answer, how).toContain('"code":"request-timeout"');
        expect(answer.match(/HTTP\/1\.1 /g), how).toHaveLength(1);
      }
      expect(server.sent).toEqual([]);
      expect(await counted("408", "request-timeout")).toBe(ways.length);
    },
    withinMs,
  );

  it(
    "between two requests is hung up on without an answer to a question that it did not ask",
    async () => {
      await start();
      const client = new SlowClient(head(`Content-Length: ${body.length}`) + body);
      await untilClosed();
      expect(client.answer.match(/HTTP\/1\.1 (\d+)/g)).toEqual(["HTTP/1.1 202"]);
    },
    withinMs,
  );
});

describe("a client that does not read", () => {
  it(
    "is hung up on when it has taken no byte for a while: its answers are held in memory until then",
    async () => {
      await start(2_000, { PRODUCE_DEADLINE_MS: 100 });
      // Each line of two bytes is answered with a hundred times as many: more than the connection holds unread.
      const lines = "x\n".repeat(10_000);
      const batch = `POST /v1/transactions/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${lines.length}\r\n\r\n${lines}`;
      const socket = connect(port, "127.0.0.1", () => socket.pause().write(batch.repeat(12)));
      unreading = socket.on("error", () => {});
      await vi.waitFor(async () => expect(await counted("207", "partial")).toBeGreaterThan(0), {
        timeout: 30_000,
      });
      await vi.waitFor(async () => expect(await connectionsOf()).toBe(0), { timeout: 30_000 });
      // What made it wait was the unread answer, and not the end of the requests.
      expect(await counted("207", "partial")).toBeLessThanOrEqual(12);
      expect(await post()).toMatch(/^HTTP\/1\.1 202 /);
    },
    withinMs,
  );
});

describe("hundreds of slow clients", () => {
  it(
    "are all ended, and others are served while they last",
    async () => {
      await start();
      for (let n = 0; n < 300; n++) new SlowClient("");
      for (let n = 0; n < 50; n++) new SlowClient("POST /v1/transactions HTTP/1.1\r\nX-Slow: ", "a");
      for (let n = 0; n < 50; n++) new SlowClient(head("Content-Length: 60000"), " ");
      await vi.waitFor(async () => expect(await connectionsOf()).toBeGreaterThan(50));
      expect(await post()).toMatch(/^HTTP\/1\.1 202 /);
      expect(closed()).toBeLessThan(slow.length);
      await untilClosed();
      expect(slow.filter(({ answer }) => !answer.startsWith("HTTP/1.1 408 "))).toEqual([]);
      await vi.waitFor(async () => expect(await connectionsOf()).toBe(0));
    },
    withinMs,
  );

  it(
    "are no more than may be connected: one more is closed unanswered and counted, until the slow ones are ended",
    async () => {
      await start(10);
      for (let n = 0; n < 10; n++) new SlowClient("");
      await vi.waitFor(async () => expect(await connectionsOf()).toBe(10));
      const early = slow.splice(0);
      const tooMany = new SlowClient(head(`Content-Length: ${body.length}`) + body);
      await vi.waitFor(() => expect(tooMany.isClosed).toBe(true));
      expect([tooMany.answer, server.sent]).toEqual(["", []]);
      expect(await counted("none", "too-many-connections")).toBe(1);
      slow.push(...early);
      await untilClosed();
      expect(await post()).toMatch(/^HTTP\/1\.1 202 /);
    },
    withinMs,
  );
});
