// A bug here cuts the trace between the client's request and the record, or leaves a span open for ever.

import type { SpanStart, Tracing } from "@riffle/service-kit";
import { beforeEach, describe, expect, it } from "vitest";
import { edge, goodText } from "./edge.ts";

const given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const below = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01";

let begun: SpanStart[];
let ended: unknown[];
const tracing: Tracing = {
  begin: (start) => {
    begun.push(start);
    return { traceparent: below, end: (outcome) => void ended.push(outcome) };
  },
  close: async () => {},
};

beforeEach(() => {
  begun = [];
  ended = [];
});

const attributes = { "http.request.method": "POST", "http.route": "/v1/transactions" };
const start = { name: "POST /v1/transactions", kind: "server", attributes };
const answered = (status: number, error?: string) => ({
  error,
  attributes: { "http.response.status_code": status },
});

describe("a request", () => {
  it("is a span below the client's, and its record carries the span's trace", async () => {
    const { post, sent } = edge(undefined, {}, tracing);
    expect((await post(goodText(), { traceparent: given })).statusCode).toBe(202);
    expect(begun).toEqual([{ ...start, parent: given }]);
    expect(sent[0]?.headers).toMatchObject({ traceparent: below });
    await expect.poll(() => ended).toEqual([answered(202)]);
  });

  it.each([undefined, "not one", `ff${given.slice(2)}`])(
    "with traceparent %s begins a trace",
    async (text) => {
      const { post } = edge(undefined, {}, tracing);
      await post(goodText(), text === undefined ? {} : { traceparent: text });
      expect(begun).toEqual([{ ...start, parent: undefined }]);
    },
  );

  it("that is refused is no error of the span, one that fails is", async () => {
    const { post } = edge(() => Promise.reject(new TypeError("no leader")), {}, tracing);
    await post("{}");
    await post(goodText());
    await expect.poll(() => ended).toEqual([answered(400), answered(503, "503")]);
  });

  it("without a route is a span, too, that does not repeat its path", async () => {
    const { app } = edge(undefined, {}, tracing);
    await app.inject({ method: "GET", url: "/card/4111" });
    expect(begun[0]?.name).toBe("GET no route");
  });
});
