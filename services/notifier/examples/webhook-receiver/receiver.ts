// A receiver of Riffle's webhooks: verifies, keeps each alert once, and answers when it is kept.
//
//   node services/notifier/examples/webhook-receiver/main.ts
//
//   R1. The signature is verified over the bytes as they came, before anything is made of them.
//   R2. An alert is kept under its `webhook-id` in one statement, so that a repeat changes nothing, whenever it comes and
//       however many come at once. What a receiver does with an alert belongs into the same database transaction, or
//       behind this table.
//   R3. It answers 2xx only when the alert is on disk. Anything else makes Riffle send it again.
//   R4. `alerts()` gives an account's alerts in the order in which they were raised, whatever order they came in.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { Webhook } from "standardwebhooks";

/** What Riffle posts; `data` is an alert/2 of packages/contracts. */
export interface WebhookPayload {
  readonly type: "alert.raised" | "alert.withdrawn";
  /** When the alert became one, RFC 3339. */
  readonly timestamp: string;
  /** The message's number among those of its account to this endpoint, from 1. */
  readonly sequence: number;
  readonly data: { readonly id: string; readonly accountId: string; readonly [field: string]: unknown };
}

/** What the receiver needs. */
export interface ReceiverOptions {
  /** `whsec_…`; two of them while one is being replaced. */
  readonly secrets: readonly string[];
  /** Path of the database, or `:memory:`. */
  readonly database: string;
}

const bodyBytesMax = 1_048_576;

/** Keeps alerts. Its `listener` is for `createServer` of node:http. */
export class WebhookReceiver implements Disposable {
  readonly #verifiers: readonly Webhook[];
  readonly #database: DatabaseSync;

  constructor({ secrets, database }: ReceiverOptions) {
    this.#verifiers = secrets.map((secret) => new Webhook(secret));
    this.#database = new DatabaseSync(database);
    this.#database.exec(
      "CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, account TEXT, sequence INTEGER, payload TEXT)",
    );
  }

  readonly listener: RequestListener = (request, response) => {
    this.#take(request).then(
      (status) => void response.writeHead(status).end(),
      () => fail(response),
    );
  };

  /** The account's messages so far, in order. A missing number is on its way, or stands in `notifications.v1`. */
  alerts(accountId: string): WebhookPayload[] {
    const rows = this.#database.prepare("SELECT payload FROM inbox WHERE account = ? ORDER BY sequence");
    return rows.all(accountId).map(({ payload }) => JSON.parse(String(payload)) as WebhookPayload);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** @returns the status to answer with */
  async #take(request: IncomingMessage): Promise<number> {
    const body = await bodyOf(request);
    if (body === undefined) return 413;
    const id = String(request.headers["webhook-id"]);
    if (!this.#isGenuine(body, request.headers as Record<string, string>)) return 401;
    const { sequence, data } = JSON.parse(body) as WebhookPayload;
    this.#database
      .prepare("INSERT OR IGNORE INTO inbox (id, account, sequence, payload) VALUES (?, ?, ?, ?)")
      .run(id, data.accountId, sequence, body);
    return 204;
  }

  /** Checks signature and timestamp; the library refuses timestamps that are more than five minutes away. */
  #isGenuine(body: string, headers: Record<string, string>): boolean {
    return this.#verifiers.some((verifier) => {
      try {
        verifier.verify(body, headers);
        return true;
      } catch {
        return false;
      }
    });
  }
}

const fail = (response: ServerResponse): void => {
  if (!response.headersSent) response.writeHead(500);
  response.end();
};

/** The body as text, `undefined` when it is too long. */
const bodyOf = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};
