// Connections that come to nothing: those that Node's HTTP parser gives up, malformed or too slow, those that never become
// TLS, and those that are one too many.
//
//   C1. Such a connection is answered with a problem and closed.
//   C2. A request that arrived whole before on the same connection is answered first, and with its own outcome.
//       Otherwise its client would read a refusal for a transaction that is on its way to Kafka:
//         1. POST with a good body, followed by garbage;  2. the record is sent;  3. the parser meets the garbage;
//         4. a 400 written now would be taken for the answer to 1.
//   C3. Who speaks no TLS where TLS is spoken is hung up on: no answer of ours could be read, and none goes out in the clear.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";
import { problemContentType } from "@riffle/service-kit/process";
import type { IngestMetrics } from "./ingest-metrics.ts";
import { connectionProblem, problemBody, problems } from "./problem.ts";

/** How long the other side may take to read the last answer and hang up. */
const lingerMs = 1_000;

/** Knows which connections have requests under way, and ends those that break. */
export class ConnectionErrors {
  readonly #metrics: IngestMetrics;
  readonly #underWay = new WeakMap<Socket, Set<IncomingMessage>>();
  readonly #broken = new WeakSet<Socket>();

  constructor(metrics: IngestMetrics) {
    this.#metrics = metrics;
  }

  /** Notes that a request is under way; to be called for each, at once when its headers have arrived. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const requests = this.#underWay.get(socket) ?? new Set();
    this.#underWay.set(socket, requests.add(request));
    response.once("close", () => {
      requests.delete(request);
      if (this.#broken.has(socket) && !this.#owesAnswer(socket)) end(socket, "");
    });
  }

  /** What to do about an error of the parser; a handler of the server's `clientError`. */
  readonly handle = (error: Error & { code?: string }, socket: Socket): void => {
    const isNoTls = isOfTls(error.code);
    if (isNoTls) this.#metrics.requests.inc({ status: "none", outcome: "no-tls" });
    if (isNoTls || error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    // The parser reports every further chunk as well.
    if (this.#broken.has(socket)) return;
    this.#broken.add(socket);
    if (!this.#owesAnswer(socket)) this.#answer(error.code, socket);
  };

  /** Bounds the connections that a server has open at once; one more is closed unanswered, and counted. */
  bound(server: Server, connectionsMax: number): void {
    server.maxConnections = connectionsMax;
    server.on("drop", () => this.#metrics.requests.inc({ status: "none", outcome: "too-many-connections" }));
  }

  /** Whether a request that arrived whole is still to be answered; one whose body broke off never will be. */
  #owesAnswer(socket: Socket): boolean {
    const requests = this.#underWay.get(socket) ?? new Set();
    return [...requests].some((request) => request.complete);
  }

  #answer(code: string | undefined, socket: Socket): void {
    const problem = connectionProblem(code);
    const { status, title } = problems[problem.code];
    this.#metrics.requests.inc({ status: String(status), outcome: problem.code });
    const body = problemBody(problem);
    const head = [
      `HTTP/1.1 ${status} ${title}`,
      `content-type: ${problemContentType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
    ];
    end(socket, `${head.join("\r\n")}\r\n\r\n${body}`);
  }
}

/** C3: a handshake that failed or was not finished in time, or what came after it and is no TLS. */
const isOfTls = (code: string | undefined): boolean => /^ERR_(SSL|TLS)_/.test(code ?? "");

/** Sends the last bytes and hangs up, a little later if the other side does not. */
function end(socket: Socket, last: string): void {
  socket.end(last);
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
