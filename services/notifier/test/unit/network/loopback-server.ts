// Servers on loopback for one test each: closed when the test's `using` ends.

import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp, type Server, type Socket } from "node:net";
import type { KeyAndCertificate } from "../../../../../infra/tls/self-signed.ts";

/** A request as it arrived. */
export interface ReceivedRequest {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly path: string;
}

/** Answers one request. */
export type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

/** An answer with a status and a short body. */
export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, headers).end("thanks");
  };

/** A server that counts its connections and can close all of them. */
export class LoopbackServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections accepted so far. */
  connections = 0;
  /** The most that were open at once. */
  openMax = 0;

  protected constructor(server: Server) {
    this.#server = server.on("connection", (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      this.openMax = Math.max(this.openMax, this.#sockets.size);
      socket.on("error", () => {}).once("close", () => this.#sockets.delete(socket));
    });
  }

  /** A server that does with a connection what it is told. */
  static async raw(serve: (socket: Socket) => void): Promise<LoopbackServer> {
    return new LoopbackServer(createTcp(serve)).listening();
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  protected async listening(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  /** Stops listening and closes what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A receiver that answers as told, one answer per request, the last one for all further ones. */
export class Receiver extends LoopbackServer {
  readonly requests: ReceivedRequest[] = [];
  readonly #answers: Answer[];
  readonly #scheme: "http" | "https";

  private constructor(answers: readonly Answer[], tls: KeyAndCertificate | undefined) {
    const take = (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response);
    super(tls === undefined ? createHttp(take) : createHttps(tls, take));
    this.#answers = [...answers];
    this.#scheme = tls === undefined ? "http" : "https";
  }

  static async listen(answers: readonly Answer[], tls?: KeyAndCertificate): Promise<Receiver> {
    return new Receiver(answers, tls).listening();
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}/hook`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = {
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
      path: request.url ?? "",
    };
    this.requests.push(received);
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    answer?.(response, received);
  }
}
