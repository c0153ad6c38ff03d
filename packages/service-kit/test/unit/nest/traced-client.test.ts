// A bug here links a commit to records of another one, or changes what is committed.

import type { StreamsClient } from "@riffle/streams/kafka";
import { beforeEach, describe, expect, it } from "vitest";
import { tracedClient } from "../../../src/nest/traced-client.ts";
import type { SpanStart, Tracing } from "../../../src/tracing.ts";

type Commit = Parameters<Awaited<ReturnType<StreamsClient["openSender"]>>["commit"]>[0];
type Chunk = NonNullable<Awaited<ReturnType<StreamsClient["source"]["next"]>>>;

const traceparent = (n: number, flags = "01") =>
  `00-${String(n).padStart(32, "0")}-00f067aa0ba902b7-${flags}`;
const chunk = (partition: number, ...traces: (string | undefined)[]): Chunk => ({
  topic: "in",
  partition,
  records: traces.map((trace, i) => ({
    offset: i,
    timestampMs: 0,
    key: null,
    value: null,
    headers: trace === undefined ? [] : [["traceparent", Buffer.from(trace)]],
  })),
  nextOffset: traces.length,
  bytes: 1,
});
const commit = { records: [], offsets: [], fence: {} } as unknown as Commit;

let chunks: Chunk[];
let fails: boolean;
let spans: { start: SpanStart; error: string | undefined }[];
let client: StreamsClient;

beforeEach(() => {
  chunks = [];
  fails = false;
  spans = [];
  const tracing: Tracing = {
    begin: (start) => ({
      traceparent: "",
      end: ({ error } = {}) => void spans.push({ start, error }),
    }),
    close: async () => {},
  };
  const source = {
    assign: () => {},
    unassign: () => {},
    next: async () => chunks.shift(),
    ready: false,
    lag: () => 0,
  };
  const openSender = async () => ({
    commit: async () => {
      if (fails) throw new TypeError("no answer");
      return new Map([["out/0", 7]]);
    },
  });
  client = tracedClient({ source, openSender } as unknown as StreamsClient, tracing);
});

const taken = async (...given: Chunk[]) => {
  chunks.push(...given);
  for (const _ of given) await client.source.next(0);
};
const links = () => spans.map(({ start }) => start.links);

describe("an atomic commit", () => {
  it("is a span with a link to each recorded trace since the last one", async () => {
    const sender = await client.openSender();
    await taken(chunk(0, traceparent(1), traceparent(2, "00"), undefined), chunk(1, traceparent(3)));
    expect(await sender.commit(commit)).toEqual(new Map([["out/0", 7]]));
    await taken(chunk(0, traceparent(4)));
    await sender.commit(commit);
    expect(links()).toEqual([[traceparent(1), traceparent(3)], [traceparent(4)]]);
  });

  it("that covers no recorded trace is no span", async () => {
    const sender = await client.openSender();
    await taken(chunk(0, traceparent(1, "00")));
    await sender.commit(commit);
    expect(spans).toEqual([]);
  });

  it("has links to 64 traces at most", async () => {
    const sender = await client.openSender();
    await taken(chunk(0, ...Array.from({ length: 200 }, (_, i) => traceparent(i + 1))));
    await sender.commit(commit);
    expect(links()[0]).toHaveLength(64);
  });

  it("that fails is a span with the error, and fails all the same", async () => {
    const sender = await client.openSender();
    await taken(chunk(0, traceparent(1)));
    fails = true;
    await expect(sender.commit(commit)).rejects.toThrow("no answer");
    expect(spans.map(({ error }) => error)).toEqual(["TypeError"]);
  });

  it("is not linked to what was given up, nor to what an error dropped", async () => {
    let sender = await client.openSender();
    await taken(chunk(0, traceparent(1)), chunk(1, traceparent(2)));
    client.source.unassign({ topic: "in", partition: 0 });
    await sender.commit(commit);
    await taken(chunk(1, traceparent(3)));
    sender = await client.openSender();
    await taken(chunk(1, traceparent(4)));
    await sender.commit(commit);
    expect(links()).toEqual([[traceparent(2)], [traceparent(4)]]);
  });
});
