// From a fetched record to what projections see. A value that its codec cannot read is no reason to stop: whoever owns the
// topic has put it on record in a dead-letter topic, or will; here it is a record without a value.
//
//   R1. Times are those that can be told, 1970 to 9999: one row with another, of a record that somebody wrote past the services,
//       would fail every list that it is in. A time before is 1970, one after is 9999, and a header that says neither says nothing.

import { allTopics, type Codec, deadLetterHeaderNames, headerNames } from "@riffle/contracts";
import type { HeaderPair, RawRecord } from "@riffle/streams";
import type { FetchedChunk } from "@riffle/streams/kafka";
import type { ModelRecord } from "./projection.ts";

const codecs: ReadonlyMap<string, Codec<unknown>> = new Map(
  allTopics.map((topic) => [topic.name, topic.codec]),
);

/** The records of a chunk. */
export const modelRecords = (chunk: FetchedChunk): ModelRecord[] => {
  const codec = codecs.get(chunk.topic);
  return chunk.records.map((raw) => new FetchedModelRecord(chunk, raw, codec));
};

class FetchedModelRecord implements ModelRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly bytes: Uint8Array | null;
  readonly value: unknown;
  readonly receivedAtMs: number | null;
  readonly processedAtMs: number | null;
  readonly traceparent: string | null;
  readonly #headers: readonly HeaderPair[];
  readonly #key: Uint8Array | null;

  constructor({ topic, partition }: FetchedChunk, raw: RawRecord, codec: Codec<unknown> | undefined) {
    this.topic = topic;
    this.partition = partition;
    this.offset = raw.offset;
    this.timestampMs = Math.min(Math.max(0, raw.timestampMs), latestMs);
    this.bytes = raw.value;
    this.#headers = raw.headers;
    this.#key = raw.key;
    this.receivedAtMs = instantOf(this.header(headerNames.receivedAt));
    // A dead letter has the headers of the record that it was made of: none of its own says when.
    const isDeadLetter = this.header(deadLetterHeaderNames.reasonCode) !== undefined;
    this.processedAtMs = isDeadLetter ? null : instantOf(this.header(headerNames.processedAt));
    this.traceparent = this.header(headerNames.traceparent) ?? null;
    this.value = decodedValue(codec, raw.value, this.header(headerNames.schema));
  }

  get key(): string | null {
    return this.#key === null ? null : textOf(this.#key);
  }

  header(name: string): string | undefined {
    for (let i = this.#headers.length - 1; i >= 0; i--) {
      const header = this.#headers[i];
      if (header?.[0] === name && header[1] !== null) return textOf(header[1]);
    }
    return undefined;
  }
}

const textOf = (bytes: Uint8Array): string =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)).toString("utf8");

/** R1. */
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Epoch milliseconds of a header; null where it is none. */
const instantOf = (text: string | undefined): number | null => {
  if (text === undefined || !/^[0-9]{1,15}$/.test(text)) return null;
  return Number(text) <= latestMs ? Number(text) : null;
};

const decodedValue = (
  codec: Codec<unknown> | undefined,
  bytes: Uint8Array | null,
  schema: string | undefined,
): unknown => {
  if (codec === undefined || bytes === null || codec.schema === "") return undefined;
  try {
    return codec.decode(bytes, schema);
  } catch {
    return undefined;
  }
};
