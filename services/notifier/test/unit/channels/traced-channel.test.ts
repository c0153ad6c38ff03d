// A bug here cuts the trace before the receiver, or tells a collector what it must not know.

import type { SpanStart, Tracing } from "@riffle/service-kit";
import { beforeEach, expect, it } from "vitest";
import type { AttemptResult, Channel, Message } from "../../../src/channels/channel.ts";
import { tracedChannel } from "../../../src/channels/traced-channel.ts";

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const below = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01";
const message = { notificationId: "n", sequence: 1, alert: {}, traceparent: parent } as unknown as Message;
const delivered: AttemptResult = { attempt: { at: "", status: 204, durationMs: 1 }, verdict: "delivered" };

let begun: SpanStart[];
let ended: unknown[];
let sent: (string | undefined)[];
const tracing: Tracing = {
  begin: (start) => {
    begun.push(start);
    return { traceparent: below, end: (outcome) => void ended.push(outcome) };
  },
  close: async () => {},
};
const channel = (attempt: () => Promise<AttemptResult>): Channel =>
  tracedChannel(
    {
      name: "webhook",
      attempt: ({ traceparent }) => {
        sent.push(traceparent);
        return attempt();
      },
    },
    tracing,
  );
const { signal } = new AbortController();

beforeEach(() => {
  begun = [];
  ended = [];
  sent = [];
});

it("an attempt is a span below the alert's request, and the receiver is told of the attempt's", async () => {
  expect(await channel(async () => delivered).attempt(message, signal)).toBe(delivered);
  expect(begun).toEqual([
    { name: "deliver alert", kind: "client", parent, attributes: { "riffle.channel": "webhook" } },
  ]);
  expect(sent).toEqual([below]);
  expect(ended).toEqual([
    { error: undefined, attributes: { "riffle.verdict": "delivered", "riffle.status": 204 } },
  ]);
});

it("an attempt that failed ends with its verdict as the error", async () => {
  const failed = { attempt: { at: "", status: null, durationMs: 1, error: "x" }, verdict: "retry" } as const;
  await channel(async () => failed).attempt(message, signal);
  expect(ended).toEqual([{ error: "retry", attributes: { "riffle.verdict": "retry", "riffle.status": 0 } }]);
});

it("what cannot happen ends the span and is thrown on", async () => {
  const broken = channel(() => Promise.reject(new TypeError("broken")));
  await expect(broken.attempt(message, signal)).rejects.toThrow("broken");
  expect(ended).toEqual([{ error: "TypeError" }]);
});
