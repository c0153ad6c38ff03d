// The least of a broker: answers each request with its correlation id, and remembers what came in which order.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type ApiName, apiKeys, FrameSplitter, requestHead } from "../../../faults/frames.ts";

/** A request frame with nothing behind its head. */
export const requestFrame = (api: ApiName, correlationId: number, clientId: string): Buffer => {
  const client = Buffer.from(clientId);
  const frame = Buffer.alloc(14 + client.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(apiKeys[api], 4);
  frame.writeInt16BE(0, 6);
  frame.writeInt32BE(correlationId, 8);
  frame.writeInt16BE(client.length, 12);
  client.copy(frame, 14);
  return frame;
};

/** An answer frame. */
export const answerFrame = (correlationId: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + body.length, 0);
  head.writeInt32BE(correlationId, 4);
  return Buffer.concat([head, body]);
};

/** Listens on loopback until it is closed. */
export class ToyBroker {
  /** `EndTxn 3` for each request, in the order of arrival over all connections. */
  readonly seen: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => {
      const splitter = new FrameSplitter();
      socket.on("error", () => undefined);
      socket.on("data", (bytes: Buffer) => {
        for (const frame of splitter.push(bytes)) {
          const { api, correlationId } = requestHead(frame);
          this.seen.push(`${api} ${correlationId}`);
          socket.write(answerFrame(correlationId, Buffer.from(`answer ${this.seen.length}`)));
        }
      });
    });
  }

  static async listen(): Promise<ToyBroker> {
    const broker = new ToyBroker();
    broker.#server.listen(0, "127.0.0.1");
    await once(broker.#server, "listening");
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}
