// A receiver of webhooks that misbehaves by seed, and remembers what it took.
//
//   C1. What it does to a request follows from the seed, its name, the `webhook-id` and how often that id came: not from
//       the order of arrival. Only the time at which it is dead is the clock's.
//   C2. A message is taken when it is answered with 2xx, and at no other time.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** How an endpoint misbehaves; parts of all requests, from 0 to 1. */
export interface Chaos {
  /** Answered with 500. */
  readonly failing: number;
  /** Not answered at all. */
  readonly stalling: number;
  /** The connection is reset. */
  readonly resetting: number;
  /** Answered with 429 and `Retry-After: 1`. */
  readonly throttling: number;
}

/** Answers everything with 204. */
export const calm: Chaos = { failing: 0, stalling: 0, resetting: 0, throttling: 0 };

/** Fails one request in five, and stalls, resets and throttles besides. */
export const flaky: Chaos = { failing: 0.2, stalling: 0.01, resetting: 0.02, throttling: 0.02 };

/** A message that was taken, and when it came first. */
export interface Taken {
  readonly accountId: string;
  readonly sequence: number;
  times: number;
}

/** Time the receiver takes for an answer, as one across a network does. */
const answerAfterMs = 2;

/** A receiver on loopback. */
export class ChaosEndpoint {
  readonly name: string;
  readonly #seed: number;
  readonly #chaos: Chaos;
  readonly #server: Server;
  readonly #requests = new Map<string, number>();
  /** By `webhook-id`, in the order in which they were taken first. */
  readonly taken = new Map<string, Taken>();
  /** Requests that came, whatever became of them. */
  requests = 0;
  #deadUntilMs = 0;

  private constructor(name: string, seed: number, chaos: Chaos) {
    this.name = name;
    this.#seed = seed;
    this.#chaos = chaos;
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
    // An answer that never comes must not be ended by the receiver's own time-outs.
    this.#server.requestTimeout = 0;
  }

  static async listen(name: string, seed: number, chaos: Chaos): Promise<ChaosEndpoint> {
    const endpoint = new ChaosEndpoint(name, seed, chaos);
    await new Promise<void>((resolve) => endpoint.#server.listen(0, "127.0.0.1", resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** Messages taken more than once: how often too many. */
  get duplicates(): number {
    let count = 0;
    for (const { times } of this.taken.values()) count += times - 1;
    return count;
  }

  /** Dead from now on for so long: every connection is reset. */
  die(forMs: number): void {
    this.#deadUntilMs = Date.now() + forMs;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++;
    if (Date.now() < this.#deadUntilMs) return void request.socket.resetAndDestroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const id = String(request.headers["webhook-id"]);
    const fate = this.#fateOf(id);
    const { failing, stalling, resetting, throttling } = this.#chaos;
    if (fate < failing) return void response.writeHead(500).end();
    if (fate < failing + stalling) return;
    if (fate < failing + stalling + resetting) return void request.socket.resetAndDestroy();
    if (fate < failing + stalling + resetting + throttling)
      return void response.writeHead(429, { "retry-after": "1" }).end();
    await delay(answerAfterMs);
    this.#note(id, Buffer.concat(chunks).toString("utf8"));
    response.writeHead(204).end();
  }

  #note(id: string, body: string): void {
    const known = this.taken.get(id);
    if (known !== undefined) {
      known.times++;
      return;
    }
    const { sequence, data } = JSON.parse(body) as { sequence: number; data: { accountId: string } };
    this.taken.set(id, { accountId: data.accountId, sequence, times: 1 });
  }

  /** From 0 up to 1 (C1). */
  #fateOf(id: string): number {
    const nth = (this.#requests.get(id) ?? 0) + 1;
    this.#requests.set(id, nth);
    const digest = createHash("sha256").update(`${this.#seed}/${this.name}/${id}/${nth}`).digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }
}
