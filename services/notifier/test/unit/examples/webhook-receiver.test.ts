// A bug here teaches every reader of docs/receiving-webhooks.md to trust a forged alert, or to act on one twice.

import { once } from "node:events";
import { mkdtempDisposableSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { WebhookReceiver } from "../../../examples/webhook-receiver/receiver.ts";
import type { Message } from "../../../src/channels/channel.ts";
import { WebhookChannel } from "../../../src/channels/webhook-channel.ts";
import { anAlert } from "../alerts.ts";
import { aMessage, forever, surroundings } from "../channels/surroundings.ts";

const secretOf = (byte: number): string => `whsec_${Buffer.alloc(24, byte).toString("base64")}`;

const serve = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};

const send = async (
  url: string,
  message: Message,
  { secrets = [secretOf(1)], nowMs = Date.now } = {},
): Promise<number | null> => {
  const channel = new WebhookChannel({ name: "webhook", url, secrets }, surroundings({ nowMs }));
  const { attempt } = await channel.attempt(message, forever());
  channel.close();
  return attempt.status;
};

const numbered = (sequence: number): Message =>
  aMessage({
    notificationId: `nt_${String(sequence).padStart(32, "0")}`,
    sequence,
    alert: anAlert(`t${sequence}`),
  });

const inMemory = (secrets: readonly string[] = [secretOf(1)]) =>
  new WebhookReceiver({ secrets, database: ":memory:" });

describe("the receiver of the documentation", () => {
  it("keeps what was signed, once, however often it comes", async () => {
    using receiver = inMemory();
    await using server = await serve(receiver.listener);
    expect(await Promise.all([1, 1, 1].map((n) => send(server.url, numbered(n))))).toEqual([204, 204, 204]);
    expect(await send(server.url, numbered(1))).toBe(204);
    expect(receiver.alerts("acc_42")).toEqual([
      { type: "alert.raised", timestamp: anAlert("t1").lastAt, sequence: 1, data: anAlert("t1") },
    ]);
  });

  it("gives an account's alerts in their order, whatever order they came in", async () => {
    using receiver = inMemory();
    await using server = await serve(receiver.listener);
    for (const n of [3, 1, 4, 2]) await send(server.url, numbered(n));
    expect(receiver.alerts("acc_42").map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(receiver.alerts("acc_43")).toEqual([]);
  });

  it("refuses another secret, a changed body, no signature, and an old or future timestamp", async () => {
    using receiver = inMemory();
    await using server = await serve((request, response) => {
      if (request.url === "/changed") request.unshift(Buffer.from(" "));
      receiver.listener(request, response);
    });
    expect(await send(server.url, numbered(1), { secrets: [secretOf(2)] })).toBe(401);
    expect(await send(`${server.url}changed`, numbered(1))).toBe(401);
    for (const minutes of [-6, 6]) {
      expect(await send(server.url, numbered(1), { nowMs: () => Date.now() + minutes * 60_000 })).toBe(401);
    }
    expect((await fetch(server.url, { method: "POST", body: "{}" })).status).toBe(401);
    expect((await fetch(server.url)).status).toBe(401);
    expect(receiver.alerts("acc_42")).toEqual([]);
    expect(await send(server.url, numbered(1))).toBe(204);
  });

  it("goes on while a secret is replaced, whichever side changes first", async () => {
    using knowsOld = inMemory([secretOf(1)]);
    using knowsBoth = inMemory([secretOf(2), secretOf(1)]);
    using knowsNew = inMemory([secretOf(2)]);
    const answers: (number | null)[] = [];
    for (const receiver of [knowsOld, knowsBoth, knowsNew]) {
      await using server = await serve(receiver.listener);
      answers.push(await send(server.url, numbered(1), { secrets: [secretOf(2), secretOf(1)] }));
    }
    expect(answers).toEqual([204, 204, 204]);
    await using server = await serve(knowsOld.listener);
    expect(await send(server.url, numbered(2), { secrets: [secretOf(2)] })).toBe(401);
  });

  it("remembers over a restart", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "riffle-receiver-"));
    const options = { secrets: [secretOf(1)], database: join(folder.path, "alerts.sqlite") };
    for (let life = 0; life < 2; life++) {
      using receiver = new WebhookReceiver(options);
      await using server = await serve(receiver.listener);
      expect(await send(server.url, numbered(1))).toBe(204);
      expect(receiver.alerts("acc_42")).toHaveLength(1);
    }
  });

  it("reads no more than a mebibyte", async () => {
    using receiver = inMemory();
    await using server = await serve(receiver.listener);
    const answer = await fetch(server.url, { method: "POST", body: Buffer.alloc(1_048_577, 32) });
    expect(answer.status).toBe(413);
  });
});
