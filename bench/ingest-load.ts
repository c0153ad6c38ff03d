// A cheap HTTP/1.1 client: requests on a few sockets, one under way on each, so that the server is what is measured.

import { createConnection, type Socket } from "node:net";

/** How to load a server. */
export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Requests in all. */
  readonly requests: number;
  /** The body of the n-th request. */
  readonly bodyOf: (n: number) => string;
  /** Called with each answer's status and how long it took. */
  readonly onAnswer?: (n: number, status: number, tookMs: number) => void;
}

/** Sends them all. @returns answers by status */
export async function postTransactions(options: LoadOptions): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const worker = async (): Promise<void> => {
    const socket = await connected(options.port);
    for (let n = next++; n < options.requests; n = next++) {
      const startedAt = performance.now();
      const status = await exchange(socket, options.bodyOf(n));
      options.onAnswer?.(n, status, performance.now() - startedAt);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: options.connections }, worker));
  return statuses;
}

/** A connected socket to this machine. */
export function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Sends one transaction and waits for its answer. @returns the status @throws Error when the connection ends first */
export function exchange(socket: Socket, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) throw new Error("the connection had been closed");
    let answer = "";
    const end = (): void => {
      socket.off("data", onData).off("close", onClose);
    };
    const onData = (chunk: Buffer): void => {
      answer += chunk.toString("latin1");
      const headEnd = answer.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0);
      if (answer.length < headEnd + 4 + length) return;
      end();
      resolve(Number(answer.slice(9, 12)));
    };
    const onClose = (): void => {
      end();
      reject(new Error("the connection was closed without an answer"));
    };
    socket.on("data", onData).on("close", onClose);
    const head = `POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    socket.write(head + body);
  });
}

/** A transaction of some 280 bytes, as clients send them. */
export const transactionText = (run: string, n: number, occurredAt: string): string =>
  JSON.stringify({
    id: `${run}-${n}`,
    accountId: `acct-${n % 10_000}`,
    amount: 100 + (n % 100_000),
    currency: "EUR",
    occurredAt,
    type: "purchase",
    channel: "online",
    merchantId: "merchant-1234",
    merchantCategory: "5411",
    country: "DE",
    deviceId: "device-abcdef-123456",
    ipAddress: "203.0.113.7",
  });
