// Dead letters: which records a service must have put aside, and which its topic holds, both as lines that compare.
//
//   DL1. A line says everything that a dead letter promises: where the record was, its time, why it is here, and digests
//        of key, value and headers, which must be what came in to the byte.
//   DL2. What must be there is computed from the input topic alone, by the contract's own codec: a dead letter that
//        nobody owes is as wrong as one that is missing.

import { createHash } from "node:crypto";
import { deadLetterHeaderNames as names } from "@riffle/contracts";

/** A record as a topic has it. */
export interface FoundRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

const added: ReadonlySet<string> = new Set(Object.values(names));

/** What stands for bytes in a line. */
export const digestOf = (bytes: Uint8Array | null): string =>
  bytes === null ? "null" : createHash("sha256").update(bytes).digest("hex").slice(0, 16);

/** The bytes that a record came with: its own headers, in order, key and value. */
const contentOf = ({ key, value, headers }: FoundRecord): string => {
  const own = headers.filter(([name]) => !added.has(name));
  const joined = own.map(([name, bytes]) => `${name}=${digestOf(bytes)}`).join(",");
  return `key ${digestOf(key)} value ${digestOf(value)} headers ${joined}`;
};

/** The digest of the value, out of a line. */
export const valueDigestOf = (line: string): string => / value (\w+) headers /.exec(line)?.[1] ?? "";

const lineOf = (place: string, timestamp: string, code: string, record: FoundRecord): string =>
  `${place} at ${timestamp} for ${code}: ${contentOf(record)}`;

/** The line of a record that its service must put aside. */
export const owedLetter = (topic: string, partition: number, record: FoundRecord, code: string): string =>
  lineOf(`${topic}/${partition}/${record.offset}`, String(record.timestampMs), code, record);

/** The line of a dead letter that is there. */
export const foundLetter = (record: FoundRecord): string => {
  const text = (name: string): string => {
    const [, bytes] = record.headers.find(([candidate]) => candidate === name) ?? [];
    return bytes ? Buffer.from(bytes).toString() : `no ${name}`;
  };
  const timestamp = text(names.originalTimestamp);
  // A record without a time of its own (-1) cannot be written with one.
  const moved =
    record.timestampMs === Math.max(0, Number(timestamp)) ? "" : `, moved to ${record.timestampMs}`;
  const place = [names.originalTopic, names.originalPartition, names.originalOffset].map(text).join("/");
  return lineOf(place, `${timestamp}${moved}`, text(names.reasonCode), record);
};
