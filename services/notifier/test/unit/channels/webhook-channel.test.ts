// A bug here lets an alert vanish, sends one that nobody can verify, or lets one bad receiver hold the notifier.

import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { selfSigned } from "../../../../../infra/tls/self-signed.ts";
import type { Surroundings } from "../../../src/channels/surroundings.ts";
import { WebhookChannel, type WebhookChannelOptions } from "../../../src/channels/webhook-channel.ts";
import { anAlert } from "../alerts.ts";
import { type Answer, LoopbackServer, Receiver, status } from "../network/loopback-server.ts";
import { aMessage, forever, notificationId, surroundings } from "./surroundings.ts";

const secretOf = (byte: number): string => `whsec_${Buffer.alloc(24, byte).toString("base64")}`;
const secret = secretOf(7);

const channelTo = (
  url: string,
  around: Partial<Surroundings> = {},
  options: Partial<WebhookChannelOptions> = {},
): WebhookChannel =>
  new WebhookChannel({ name: "webhook", url, secrets: [secret], ...options }, surroundings(around));

/** One attempt at a receiver that gives this answer. */
const attemptAt = async (answer: Answer, around: Partial<Surroundings> = {}) => {
  await using receiver = await Receiver.listen([answer]);
  const channel = channelTo(receiver.url, around);
  const result = await channel.attempt(aMessage(), forever());
  channel.close();
  return { ...result, requests: receiver.requests };
};

describe("a webhook", () => {
  it("is the payload of Standard Webhooks, and its signature is verified by the stock library", async () => {
    const nowMs = Date.now();
    const { attempt, verdict, requests } = await attemptAt(status(204), { nowMs: () => nowMs });
    const [{ headers, body, path } = { headers: {}, body: "", path: "" }] = requests;
    expect(path).toBe("/hook");
    expect(headers).toMatchObject({ "content-type": "application/json", "webhook-id": notificationId });
    expect(new Webhook(secret).verify(body, headers)).toEqual({
      type: "alert.raised",
      timestamp: anAlert("t1").lastAt,
      sequence: 7,
      data: anAlert("t1"),
    });
    expect(verdict).toBe("delivered");
    expect(attempt).toEqual({ at: new Date(nowMs).toISOString(), status: 204, durationMs: 0 });
  });

  it("says when an alert was withdrawn", async () => {
    await using receiver = await Receiver.listen([status(200)]);
    const alert = anAlert("t1", "acc_42", "withdrawn");
    const channel = channelTo(receiver.url);
    await channel.attempt(aMessage({ alert }), forever());
    channel.close();
    expect(JSON.parse(receiver.requests[0]?.body ?? "")).toMatchObject({
      type: "alert.withdrawn",
      data: alert,
    });
  });

  it("keeps its id and its bytes over attempts, while timestamp and signature are new", async () => {
    await using receiver = await Receiver.listen([status(500), status(200)]);
    let nowMs = Date.now();
    const channel = channelTo(receiver.url, { nowMs: () => nowMs });
    expect((await channel.attempt(aMessage(), forever())).verdict).toBe("retry");
    nowMs += 2_000;
    expect((await channel.attempt(aMessage(), forever())).verdict).toBe("delivered");
    channel.close();
    const header = (name: string) => new Set(receiver.requests.map(({ headers }) => headers[name]));
    expect(header("webhook-id")).toEqual(new Set([notificationId]));
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1);
    expect(header("webhook-timestamp").size).toBe(2);
    expect(header("webhook-signature").size).toBe(2);
    for (const { body, headers } of receiver.requests) new Webhook(secret).verify(body, headers);
  });

  it("carries a signature of each secret, newest first, while one is replaced", async () => {
    await using receiver = await Receiver.listen([status(200)]);
    const channel = channelTo(receiver.url, {}, { secrets: [secretOf(2), secretOf(1)] });
    await channel.attempt(aMessage(), forever());
    channel.close();
    const { headers, body } = receiver.requests[0] ?? { headers: {} as Record<string, string>, body: "" };
    for (const known of [secretOf(1), secretOf(2)]) new Webhook(known).verify(body, headers);
    expect(() => new Webhook(secretOf(3)).verify(body, headers)).toThrow("No matching signature");
    const [first = ""] = (headers["webhook-signature"] ?? "").split(" ");
    new Webhook(secretOf(2)).verify(body, { ...headers, "webhook-signature": first });
  });
});

describe("an answer", () => {
  it.each([
    [200, "delivered", undefined],
    [201, "delivered", undefined],
    [204, "delivered", undefined],
    [299, "delivered", undefined],
    [301, "retry", "answered 301; redirects are not followed"],
    [302, "retry", "answered 302; redirects are not followed"],
    [304, "retry", "answered 304; redirects are not followed"],
    [307, "retry", "answered 307; redirects are not followed"],
    [308, "retry", "answered 308; redirects are not followed"],
    [400, "retry", "answered 400"],
    [401, "retry", "answered 401"],
    [404, "retry", "answered 404"],
    [410, "disable", "answered 410"],
    [429, "retry", "answered 429"],
    [500, "retry", "answered 500"],
    [502, "retry", "answered 502"],
    [503, "retry", "answered 503"],
    [504, "retry", "answered 504"],
    [999, "retry", "answered 999"],
  ])("%i means: %s", async (code, verdict, error) => {
    const result = await attemptAt(status(code, { location: "/elsewhere" }));
    expect([result.verdict, result.attempt.status, result.attempt.error]).toEqual([verdict, code, error]);
    expect(result.requests.map(({ path }) => path)).toEqual(["/hook"]);
  });

  it("is not followed anywhere, another server least of all", async () => {
    await using elsewhere = await Receiver.listen([status(200)]);
    const result = await attemptAt(status(307, { location: elsewhere.url }));
    expect(result.verdict).toBe("retry");
    expect(elsewhere.connections).toBe(0);
  });

  it("tells when to come back, in seconds or as a date, and only where coming back makes sense", async () => {
    const nowMs = Date.parse("2026-03-01T12:00:00.000Z");
    const after = async (code: number, retryAfter: string) =>
      (await attemptAt(status(code, { "retry-after": retryAfter }), { nowMs: () => nowMs })).retryAfterMs;
    expect(await after(429, "7")).toBe(7_000);
    expect(await after(503, "Sun, 01 Mar 2026 12:01:00 GMT")).toBe(60_000);
    expect(await after(503, "whenever")).toBeUndefined();
    expect(await after(410, "7")).toBeUndefined();
    expect(await after(200, "7")).toBeUndefined();
  });

  it("of a receiver that says nothing ends in time", async () => {
    const { attempt, verdict } = await attemptAt(() => {}, { timeoutMs: 50 });
    expect([verdict, attempt.status, attempt.error]).toEqual(["retry", null, "no answer within 50 ms"]);
  });

  it("whose headers come one byte at a time ends in time", async () => {
    await using server = await LoopbackServer.raw((socket) => {
      const bytes = "HTTP/1.1 200 OK\r\nx-slow: ".padEnd(10_000, "x")[Symbol.iterator]();
      const timer = setInterval(() => void socket.write(bytes.next().value ?? "x"), 5);
      socket.once("close", () => clearInterval(timer));
    });
    const channel = channelTo(`http://127.0.0.1:${server.port}/`, { timeoutMs: 100 });
    const { attempt } = await channel.attempt(aMessage(), forever());
    channel.close();
    expect(attempt).toMatchObject({ status: null, error: "no answer within 100 ms" });
  });

  it("that was reset, cut off or no HTTP is a failure with its code alone", async () => {
    const errorAt = async (serve: Parameters<typeof LoopbackServer.raw>[0]) => {
      await using server = await LoopbackServer.raw(serve);
      const channel = channelTo(`http://127.0.0.1:${server.port}/`);
      const { attempt, verdict } = await channel.attempt(aMessage(), forever());
      channel.close();
      expect([verdict, attempt.status]).toEqual(["retry", null]);
      return attempt.error;
    };
    expect(await errorAt((socket) => void socket.resetAndDestroy())).toBe("connection failed: ECONNRESET");
    expect(await errorAt((socket) => void socket.once("data", () => socket.resetAndDestroy()))).toBe(
      "connection failed: ECONNRESET",
    );
    expect(await errorAt((socket) => void socket.once("data", () => socket.end("HTTP/1.1 200")))).toMatch(
      /^connection failed: (ECONNRESET|HPE_\w+)$/,
    );
    expect(await errorAt((socket) => void socket.end("220 smtp.example ESMTP\r\n"))).toMatch(
      /^connection failed: HPE_\w+$/,
    );
    const endless = `HTTP/1.1 200 OK\r\nx-long: ${"x".repeat(100_000)}\r\n\r\n`;
    expect(await errorAt((socket) => void socket.end(endless))).toBe(
      "connection failed: HPE_HEADER_OVERFLOW",
    );
  });

  it("of a closed port is a failure with its code", async () => {
    await using server = await LoopbackServer.raw(() => {});
    const url = `http://127.0.0.1:${server.port}/`;
    await server[Symbol.asyncDispose]();
    const { attempt } = await channelTo(url).attempt(aMessage(), forever());
    expect(attempt).toMatchObject({ status: null, error: "connection failed: ECONNREFUSED" });
  });

  it("is its status: a long body is cut off", async () => {
    const closed = Promise.withResolvers<boolean>();
    await using receiver = await Receiver.listen([
      (response) => {
        response.writeHead(200).once("close", () => closed.resolve(response.writableFinished));
        // More than the sockets' buffers hold. How much is read: answer-rest.test.ts.
        response.end(Buffer.alloc(64 * 1_024 * 1_024));
      },
    ]);
    const channel = channelTo(receiver.url);
    expect((await channel.attempt(aMessage(), forever())).verdict).toBe("delivered");
    expect(await closed.promise).toBe(false);
    channel.close();
  });

  it("is its status: a body that never ends is not waited for, and its connection is closed", async () => {
    const closed = Promise.withResolvers<void>();
    await using receiver = await Receiver.listen([
      (response) => {
        response.writeHead(200).once("close", closed.resolve).write("and so on");
      },
    ]);
    const channel = channelTo(receiver.url);
    expect((await channel.attempt(aMessage(), forever())).verdict).toBe("delivered");
    await closed.promise;
    channel.close();
  });

  it("is not waited for by those who no longer want it", async () => {
    await using receiver = await Receiver.listen([() => stop.abort()]);
    const stop = new AbortController();
    const channel = channelTo(receiver.url);
    const { attempt, verdict } = await channel.attempt(aMessage(), stop.signal);
    expect([verdict, attempt.status, attempt.error]).toEqual(["retry", null, "ended by the notifier"]);
    const late = await channel.attempt(aMessage(), stop.signal);
    channel.close();
    expect([late.attempt.error, receiver.requests.length]).toEqual(["ended by the notifier", 1]);
  });
});

describe("a webhook's connections", () => {
  it("are kept and used again", async () => {
    await using receiver = await Receiver.listen([status(200)]);
    const channel = channelTo(receiver.url);
    for (let n = 0; n < 5; n++) {
      expect((await channel.attempt(aMessage(), forever())).verdict).toBe("delivered");
      // The answer's headers settle an attempt; its last bytes free the connection.
      await new Promise((resolve) => setImmediate(resolve));
    }
    channel.close();
    expect(receiver.requests).toHaveLength(5);
    expect(receiver.connections).toBeLessThan(5);
  });

  it("are never more than allowed, and who waits for one in vain ends in time", async () => {
    await using receiver = await Receiver.listen([() => {}]);
    const channel = channelTo(receiver.url, { socketsMax: 2, timeoutMs: 100 });
    const attempts = Array.from({ length: 6 }, () => channel.attempt(aMessage(), forever()));
    const errors = (await Promise.all(attempts)).map(({ attempt }) => attempt.error);
    channel.close();
    expect(errors).toEqual(Array.from({ length: 6 }, () => "no answer within 100 ms"));
    expect(receiver.openMax).toBeLessThanOrEqual(2);
  });

  it("are refused to an address on this machine without the switch, with the reason on record", async () => {
    await using receiver = await Receiver.listen([status(200)]);
    const channel = channelTo(receiver.url, { policy: { allowPrivateAddresses: false } });
    const { attempt, verdict } = await channel.attempt(aMessage(), forever());
    expect([verdict, attempt.status, attempt.error]).toEqual([
      "retry",
      null,
      "refused: 127.0.0.1 is a loopback address (RFC 1122)",
    ]);
    expect(receiver.connections).toBe(0);
  });

  it("are encrypted, and a certificate that signed itself is refused unless it is named", async () => {
    const own = selfSigned("127.0.0.1");
    await using receiver = await Receiver.listen([status(200)], own);
    const refused = await channelTo(receiver.url).attempt(aMessage(), forever());
    expect(refused.attempt).toMatchObject({
      status: null,
      error: "connection failed: DEPTH_ZERO_SELF_SIGNED_CERT",
    });
    expect(receiver.requests).toHaveLength(0);
    const trusting = channelTo(receiver.url, {}, { ca: own.cert });
    expect((await trusting.attempt(aMessage(), forever())).verdict).toBe("delivered");
    trusting.close();
  });
});
