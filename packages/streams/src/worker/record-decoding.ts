// Records as handlers see them, from the bytes of a fetch; and the headers of what they emit, as bytes again.

import type { RecordHeaders, Topic } from "@riffle/contracts/envelope";
import { headerNames } from "@riffle/contracts/envelope";
import type { HeaderPair, RawRecord, StreamRecord } from "./record.ts";

const utf8 = new TextDecoder();

/** Fetched bytes are Buffers, whose own decoder takes half the time of TextDecoder for short texts. */
export const textOf = (bytes: Uint8Array): string =>
  Buffer.isBuffer(bytes) ? bytes.toString("utf8") : utf8.decode(bytes);

/** The record with its value decoded. @throws what the codec of the topic throws */
export const decode = (
  topic: Topic<unknown>,
  partition: number,
  record: RawRecord,
): StreamRecord<unknown> => {
  const headers = readHeaders(record);
  return {
    key: record.key === null ? "" : textOf(record.key),
    value: topic.codec.decode(record.value, headers[headerNames.schema]),
    timestampMs: record.timestampMs,
    topic: topic.name,
    partition,
    offset: record.offset,
    headers,
  };
};

const readHeaders = (record: RawRecord): RecordHeaders => {
  const headers: Record<string, string> = {};
  for (const [name, value] of record.headers) {
    if (value !== null) headers[name] = textOf(value);
  }
  return headers;
};

/** The `schema` header by schema: there are a handful, and every record has one. */
const schemaHeaders = new Map<string, HeaderPair>();

const schemaHeader = (schema: string): HeaderPair => {
  let header = schemaHeaders.get(schema);
  if (header === undefined) {
    header = [headerNames.schema, Buffer.from(schema)];
    schemaHeaders.set(schema, header);
  }
  return header;
};

/** The `processed-at` header of what is emitted in one call of a handler. */
export const processedAtHeader = (epochMs: number): HeaderPair => [
  headerNames.processedAt,
  Buffer.from(String(epochMs)),
];

/**
 * The headers every output has, in this order: schema, then trace and `received-at` of its cause, and when it was made.
 *
 * @param processedAt see {@link processedAtHeader}; none where there is no wall clock
 */
export const outgoingHeaders = (
  schema: string,
  cause: RecordHeaders | undefined,
  processedAt?: HeaderPair,
): HeaderPair[] => {
  const headers: HeaderPair[] = [];
  // A codec without a schema passes bytes on as they are and says nothing about them.
  if (schema !== "") headers.push(schemaHeader(schema));
  if (cause !== undefined) {
    const traceparent = cause[headerNames.traceparent];
    if (traceparent !== undefined) headers.push([headerNames.traceparent, Buffer.from(traceparent)]);
    const receivedAt = cause[headerNames.receivedAt];
    if (receivedAt !== undefined) headers.push([headerNames.receivedAt, Buffer.from(receivedAt)]);
  }
  if (processedAt !== undefined) headers.push(processedAt);
  return headers;
};
