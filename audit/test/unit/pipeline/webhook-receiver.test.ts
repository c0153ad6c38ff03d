// A bug here believes the last thing it was told, and forgets what was told before under the same id.

import { createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebhookReceiver, webhookSecret } from "../../../pipeline/webhook-receiver.ts";

let receiver: WebhookReceiver;

beforeEach(async () => {
  receiver = await WebhookReceiver.listen();
});

afterEach(async () => {
  await receiver.close();
});

const key = Buffer.from(webhookSecret.slice("whsec_".length), "base64");

const post = async (id: string, data: object): Promise<number> => {
  const body = JSON.stringify({ data });
  const signature = createHmac("sha256", key).update(`${id}.1.${body}`).digest("base64");
  const headers = { "webhook-id": id, "webhook-timestamp": "1", "webhook-signature": `v1,${signature}` };
  const answer = await fetch(receiver.url, { method: "POST", headers, body });
  await answer.arrayBuffer();
  return answer.status;
};

it("a repeat is counted, and one with other bytes is known as such", async () => {
  expect(await post("m", { id: "a" })).toBe(204);
  expect(await post("m", { id: "a" })).toBe(204);
  expect([receiver.repeats, receiver.changed]).toEqual([1, 0]);
  await post("m", { id: "b" });
  // What came first is right again, and the one between was not.
  await post("m", { id: "a" });
  expect([receiver.repeats, receiver.changed]).toEqual([3, 1]);
});
