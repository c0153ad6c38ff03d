// The brokers' door: a port at which they speak Kafka's protocol, so that a client cannot tell them from others.
//
//   KL1. Requests of one connection are handled in the order in which they came. An answer goes out when it is ready:
//        clients tell answers apart by their correlation ids, and a long poll holds up nobody.
//   KL2. A request that cannot be read, or that there is no version for, ends its connection and no other.
//   KL3. It listens at one address and is one node of its cluster.

import { createServer, type Server, type Socket } from "node:net";
import { ByteReader } from "../kafka/bytes.ts";
import type { BrokerCluster } from "./cluster.ts";
import { serve } from "./requests/index.ts";

/** Where to listen. */
export interface ListenOptions {
  readonly cluster: BrokerCluster;
  readonly host: string;
  readonly port: number;
  /** Which node; default 0, the only one there mostly is. */
  readonly nodeId?: number;
  /** Told of a connection that was ended because of what came over it. */
  readonly onRefused: (clientId: string, error: unknown) => void;
}

const lengthBytes = 4;
const headBytesMin = 10;
/** As `socket.request.max.bytes` of Kafka. */
const requestBytesMax = 104_857_600;

/** The port, with everybody who is connected to it. */
export class KafkaListener {
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
  }

  /** @throws the error of the system when the port is taken */
  static async open(options: ListenOptions): Promise<KafkaListener> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      serveConnection(socket, options);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: options.host, port: options.port }, resolve);
    });
    return new KafkaListener(server, sockets);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

const serveConnection = (socket: Socket, { cluster, nodeId = 0, onRefused }: ListenOptions): void => {
  const frames = new RequestFrames();
  let clientId = "";
  socket.on("data", (bytes: Buffer) => {
    try {
      for (const frame of frames.add(bytes)) {
        const read = new ByteReader(frame);
        const request = { apiKey: read.int16(), apiVersion: read.int16() };
        const correlationId = read.int32();
        clientId = read.string() ?? "";
        const body = frame.subarray(read.at);
        serve(cluster, nodeId, { ...request, clientId, body }, (answer) =>
          reply(socket, correlationId, answer),
        );
      }
    } catch (error) {
      socket.destroy();
      onRefused(clientId, error);
    }
  });
};

const reply = (socket: Socket, correlationId: number, answer: Buffer): void => {
  if (socket.destroyed) return;
  const head = Buffer.allocUnsafe(lengthBytes + 4);
  head.writeInt32BE(answer.length + 4, 0);
  head.writeInt32BE(correlationId, lengthBytes);
  socket.cork();
  socket.write(head);
  socket.write(answer);
  socket.uncork();
};

/** Cuts what a connection brings into requests, without their lengths. */
class RequestFrames {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes without which there is no whole frame. */
  #wanted = lengthBytes;

  /** @throws RangeError when a request has an impossible length */
  *add(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted) return;
    const all = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#chunks.length = 0;
    let at = 0;
    this.#wanted = lengthBytes;
    while (all.length - at >= lengthBytes) {
      const length = all.readInt32BE(at);
      if (length < headBytesMin || length > requestBytesMax)
        throw new RangeError(
          `A request of ${length} bytes: at least ${headBytesMin}, at most ${requestBytesMax}.`,
        );
      const end = at + lengthBytes + length;
      if (end > all.length) {
        this.#wanted = lengthBytes + length;
        break;
      }
      yield all.subarray(at + lengthBytes, end);
      at = end;
    }
    this.#bytes = all.length - at;
    if (this.#bytes > 0) this.#chunks.push(all.subarray(at));
  }
}
