// A bug here lets an alert vanish, or sends one that nobody can verify.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebhookChannel, type WebhookChannelOptions } from "../../../src/channels/webhook-channel.ts";
import { anAlert } from "../alerts.ts";

const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const notificationId = "nt_0123456789abcdef0123456789abcdef";

interface Request {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly path: string;
}

/** A receiver that answers as told, one answer per request, the last one for all further ones. */
class Receiver {
  readonly requests: Request[] = [];
  answers: ((response: ServerResponse) => void)[] = [];
  readonly #server = createServer((request, response) => void this.#take(request, response));

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/hook`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = request.headers as Record<string, string>;
    this.requests.push({ headers, body: Buffer.concat(chunks).toString(), path: request.url ?? "" });
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    answer?.(response);
  }
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end("thanks");
  };

let receiver: Receiver;
let url: string;
let waits: number[];
let nowMs: number;

beforeEach(async () => {
  receiver = new Receiver();
  url = await receiver.listen();
  waits = [];
  nowMs = Date.now();
});
afterEach(() => receiver.close());

const channel = (options: Partial<WebhookChannelOptions> = {}): WebhookChannel =>
  new WebhookChannel({
    url,
    secret,
    timeoutMs: 5_000,
    attemptsMax: 4,
    backoffMs: 500,
    backoffMsMax: 10_000,
    nowMs: () => nowMs,
    sleep: async (delayMs) => {
      waits.push(delayMs);
      nowMs += delayMs;
    },
    random: () => 1,
    ...options,
  });

const deliver = (options?: Partial<WebhookChannelOptions>) =>
  channel(options).deliver({ notificationId, alert: anAlert("t1") });

describe("a webhook", () => {
  it("is the alert as JSON, and its signature is verified by the stock library", async () => {
    receiver.answers = [status(204)];
    const delivery = await deliver();
    const [request] = receiver.requests;
    expect(request?.headers["content-type"]).toBe("application/json");
    expect(request?.headers["webhook-id"]).toBe(notificationId);
    expect(new Webhook(secret).verify(request?.body ?? "", request?.headers ?? {})).toEqual(anAlert("t1"));
    expect(delivery).toEqual({
      outcome: "delivered",
      attempts: [{ at: new Date(nowMs).toISOString(), status: 204, durationMs: 0 }],
    });
  });

  it("is not verified with another secret, nor with a changed body", async () => {
    receiver.answers = [status(200)];
    await deliver();
    const { body, headers } = receiver.requests[0] as Request;
    const other = new Webhook(`whsec_${Buffer.alloc(24, 8).toString("base64")}`);
    expect(() => other.verify(body, headers)).toThrow("No matching signature");
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow("No matching signature");
  });

  it("keeps its id over attempts, while timestamp and signature are new", async () => {
    receiver.answers = [status(500), status(200)];
    await deliver({ backoffMs: 2_000 });
    const header = (name: string) => receiver.requests.map(({ headers }) => headers[name]);
    expect(new Set(header("webhook-id"))).toEqual(new Set([notificationId]));
    expect(new Set(header("webhook-timestamp")).size).toBe(2);
    expect(new Set(header("webhook-signature")).size).toBe(2);
    for (const { body, headers } of receiver.requests) new Webhook(secret).verify(body, headers);
  });
});

describe("a webhook's retries", () => {
  it("back off exponentially and end dead-lettered with every attempt on record", async () => {
    receiver.answers = [status(500), status(404), status(503), status(429)];
    const delivery = await deliver();
    expect(waits).toEqual([500, 1_000, 2_000]);
    expect(delivery.outcome).toBe("dead-lettered");
    expect(delivery.attempts.map(({ status, error }) => [status, error])).toEqual([
      [500, "answered 500"],
      [404, "answered 404"],
      [503, "answered 503"],
      [429, "answered 429"],
    ]);
    expect(receiver.requests).toHaveLength(4);
  });

  it("stop at the first success", async () => {
    receiver.answers = [status(500), status(201)];
    const delivery = await deliver();
    expect([delivery.outcome, delivery.attempts.length, receiver.requests.length]).toEqual([
      "delivered",
      2,
      2,
    ]);
  });

  it("wait as long as the receiver asks for, up to the bound", async () => {
    receiver.answers = [
      status(429, { "retry-after": "7" }),
      status(503, { "retry-after": "3600" }),
      status(503, { "retry-after": new Date(Math.ceil(nowMs / 1_000) * 1_000 + 60_000).toUTCString() }),
      status(200),
    ];
    await deliver();
    expect(waits).toEqual([7_000, 10_000, 10_000]);
  });

  it("do not follow a redirect", async () => {
    receiver.answers = [status(302, { location: "/elsewhere" })];
    const delivery = await deliver({ attemptsMax: 2 });
    expect(delivery.outcome).toBe("dead-lettered");
    expect(delivery.attempts[0]).toMatchObject({
      status: 302,
      error: "answered 302; redirects are not followed",
    });
    expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(new Set(["/hook"]));
  });

  it("end at 410 Gone", async () => {
    receiver.answers = [status(410)];
    const delivery = await deliver();
    expect([delivery.outcome, receiver.requests.length]).toEqual(["dead-lettered", 1]);
  });

  it("an answer that does not come in time is a failure without a status", async () => {
    receiver.answers = [() => {}, status(200)];
    const delivery = await deliver({ timeoutMs: 50 });
    expect(delivery.attempts.map(({ status, error }) => [status, error])).toEqual([
      [null, "no answer in time"],
      [200, undefined],
    ]);
  });

  it("an answer without end does not hold the delivery", async () => {
    receiver.answers = [(response) => void response.writeHead(200).write("and so on")];
    expect((await deliver()).outcome).toBe("delivered");
  });

  it("a broken connection and a closed port are failures with their code", async () => {
    receiver.answers = [(response) => void response.destroy()];
    const broken = await deliver({ attemptsMax: 1 });
    expect(broken.attempts[0]).toMatchObject({
      status: null,
      error: expect.stringContaining("connection failed:"),
    });
    const closed = new Receiver();
    const closedUrl = await closed.listen();
    await closed.close();
    const refused = await deliver({ url: closedUrl, attemptsMax: 1 });
    expect(refused.attempts[0]).toMatchObject({ status: null, error: "connection failed: ECONNREFUSED" });
  });
});
