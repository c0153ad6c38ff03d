// A webhook receiver on loopback that checks every signature and remembers what it was told.

import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Alert } from "@riffle/contracts";

/** 32 bytes in Base64, as Standard Webhooks wants them. */
export const webhookSecret = `whsec_${Buffer.from("riffle-audit-secret-of-32-bytes!").toString("base64")}`;

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};

/** Standard Webhooks 1.0: `v1,` and the HMAC-SHA256 of `id.timestamp.body` under the decoded secret. */
const isSigned = (request: IncomingMessage, body: string): boolean => {
  const {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures,
  } = request.headers;
  const key = Buffer.from(webhookSecret.slice("whsec_".length), "base64");
  const expected = Buffer.from(
    `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
  );
  return String(signatures)
    .split(" ")
    .some((given) => given.length === expected.length && timingSafeEqual(Buffer.from(given), expected));
};

/** What a webhook says, docs/receiving-webhooks.md; further members are kept, and compared like these. */
export interface WebhookMessage {
  readonly type: string;
  readonly timestamp: string;
  readonly sequence: number;
  readonly data: Alert;
}

/** Receives webhooks until it is closed. */
export class WebhookReceiver {
  readonly #server: Server;
  /** By `webhook-id`, in order; a repeat of an id is counted in `repeats`, one with other bytes in `changed` as well. */
  readonly messages = new Map<string, WebhookMessage>();
  /** What stands for the bytes that came first, by `webhook-id`. */
  readonly #bodies = new Map<string, string>();
  /** `traceparent` headers, in order. */
  readonly traceparents: (string | undefined)[] = [];
  repeats = 0;
  changed = 0;
  unsigned = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      bodyOf(request).then(
        (body) => this.#take(request, body, response),
        () => request.destroy(),
      );
    });
  }

  #take(request: IncomingMessage, body: string, response: ServerResponse): void {
    // Of a sender that was killed while it sent, nothing has arrived.
    if (!request.complete) return;
    if (!isSigned(request, body)) {
      this.unsigned++;
      response.writeHead(401).end();
      return;
    }
    const id = String(request.headers["webhook-id"]);
    this.traceparents.push(request.headers["traceparent"]?.toString());
    this.#note(id, body);
    response.writeHead(204).end();
  }

  #note(id: string, body: string): void {
    const bytes = hash("sha256", body, "hex");
    const first = this.#bodies.get(id) ?? bytes;
    if (this.messages.has(id)) this.repeats++;
    if (first !== bytes) this.changed++;
    this.#bodies.set(id, first);
    this.messages.set(id, JSON.parse(body) as WebhookMessage);
  }

  static async listen(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
