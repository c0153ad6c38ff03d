// What a redrive writes for one dead letter: the record as it came, and the mark that it was sent.
//
//   R1. Key, value and timestamp are the dead letter's, byte for byte; so are the headers that the record came with.
//       One that something was left out of is sent as the record that it was made of (restored-letter.ts).
//   R2. Of each header that the engine added, the last is taken away, and no other of that name (dead-letter.ts, L1).
//   R3. The record goes to the topic and partition it came from, so it stays in the order of its account.
//   R4. It says that it was sent again, from where, for which service and how often.

import {
  deadLetterHeaderNames,
  headerNames,
  type Redrive,
  redriveHeaderNames,
  redriveKey,
  topics,
} from "@riffle/contracts";
import type { HeaderPair, OutgoingRecord } from "@riffle/streams";
import type { DeadLetter } from "./dead-letter.ts";
import { type Place, placeText, serviceOf } from "./place.ts";

/** A dead letter that says where it came from. */
export interface RedrivableLetter extends DeadLetter {
  readonly original: Place;
}

const addedNames: readonly string[] = Object.values(deadLetterHeaderNames);
const ownNames: readonly string[] = Object.values(redriveHeaderNames);

/** The record to write to where the dead letter came from. */
export const redrivenRecord = (letter: RedrivableLetter): OutgoingRecord => ({
  topic: letter.original.topic,
  partition: letter.original.partition,
  key: letter.record.key,
  value: letter.record.value,
  timestampMs: letter.record.timestampMs,
  headers: [
    ...(letter.isRestored ? firstHeaders(letter.record.headers) : originalHeaders(letter.record.headers)),
    [redriveHeaderNames.from, Buffer.from(placeText(letter.place))],
    [redriveHeaderNames.to, Buffer.from(serviceOf(letter.place.topic) ?? "")],
    [redriveHeaderNames.count, Buffer.from(String(letter.redriveCount + 1))],
  ],
});

/** The headers that the record came with, without those of an earlier redrive. */
export const originalHeaders = (headers: readonly HeaderPair[]): HeaderPair[] => {
  const added = new Set(addedNames.map((name) => headers.findLastIndex(([of]) => of === name)));
  return firstHeaders(headers.filter((_, i) => !added.has(i)));
};

const firstHeaders = (headers: readonly HeaderPair[]): HeaderPair[] =>
  headers.filter(([name]) => !ownNames.includes(name));

/**
 * The mark that the dead letter was sent.
 *
 * @param partitions how many partitions the topic of marks has; a mark lies in that of its dead letter
 * @param nowMs when it is sent; the mark's timestamp
 */
export const redriveMark = (letter: RedrivableLetter, partitions: number, nowMs: number): OutgoingRecord => {
  const { codec, name } = topics.deadLettersRedriven;
  const value: Redrive = {
    deadLetter: letter.place,
    original: letter.original,
    count: letter.redriveCount + 1,
  };
  return {
    topic: name,
    partition: letter.place.partition % partitions,
    key: Buffer.from(redriveKey(letter.place)),
    value: codec.encode(value),
    timestampMs: nowMs,
    headers: [[headerNames.schema, Buffer.from(codec.schema)]],
  };
};
