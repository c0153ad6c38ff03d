// A bug here changes what a client had sent on its way back, or sends it somewhere else.

import { deadLetterHeaderNames, redriveHeaderNames, topics } from "@riffle/contracts";
import type { HeaderPair } from "@riffle/streams";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastHeader, readDeadLetter } from "../../src/dead-letters/dead-letter.ts";
import { Marks } from "../../src/dead-letters/marks.ts";
import { redriveMark, redrivenRecord } from "../../src/dead-letters/redriven-record.ts";
import { headersOf, letterOf, letterRecord } from "../harness/letters.ts";

const ownNames: readonly string[] = Object.values(redriveHeaderNames);
const bytes = fc.option(fc.uint8Array({ maxLength: 20 }));
/** Headers of a client, which may have any name, those of dead letters among them. */
const clientHeaders: fc.Arbitrary<HeaderPair[]> = fc.array(
  fc.tuple(fc.oneof(fc.string(), fc.constantFrom(...Object.values(deadLetterHeaderNames), "schema")), bytes),
  { maxLength: 8 },
);

describe("a redriven record", () => {
  it("has the bytes, the time and the headers that the record came with, then those of the redrive", () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(), clientHeaders, (key, value, timestampMs, headers) => {
        const record = redrivenRecord(letterOf({ key, value, timestampMs, headers }));
        expect([record.key, record.value, record.timestampMs]).toEqual([key, value, timestampMs]);
        expect(record.headers.slice(0, -3)).toEqual(headers);
        expect(record.headers.slice(-3).map(([name]) => name)).toEqual([
          redriveHeaderNames.from,
          redriveHeaderNames.to,
          redriveHeaderNames.count,
        ]);
      }),
    );
  });

  it("goes to the topic and partition it came from, for the service that failed", () => {
    const place = { topic: "fraud-detector.dlq.v1", partition: 3, offset: 9 };
    const original = { topic: "transactions.screened.v1", partition: 3, offset: 40 };
    const record = redrivenRecord(letterOf({ place, original }));
    expect([record.topic, record.partition]).toEqual(["transactions.screened.v1", 3]);
    expect(headersOf(record.headers)).toEqual({
      "x-redriven-from": "fraud-detector.dlq.v1/3/9",
      "x-redriven-for": "fraud-detector",
      "x-redrive-count": "1",
    });
  });

  it("counts its rounds, and has the headers of the last one only", () => {
    let headers: readonly HeaderPair[] = [["schema", Buffer.from("transaction/1")]];
    for (const round of [1, 2, 3]) {
      const place = { topic: "filter.dlq.v1", partition: 3, offset: round };
      ({ headers } = redrivenRecord(letterOf({ place, headers })));
      expect(headersOf(headers)[redriveHeaderNames.count]).toBe(String(round));
      expect(headersOf(headers)[redriveHeaderNames.from]).toBe(`filter.dlq.v1/3/${round}`);
      expect(headers.filter(([name]) => ownNames.includes(name))).toHaveLength(3);
      expect(headers).toHaveLength(4);
    }
  });
});

describe("a mark", () => {
  const letter = letterOf({ place: { topic: "filter.dlq.v1", partition: 3, offset: 9 } });

  it("lies in the partition of its dead letter, and says when it was sent", () => {
    const mark = redriveMark(letter, 12, 77);
    expect([mark.topic, mark.partition, String(mark.key)]).toEqual([
      topics.deadLettersRedriven.name,
      3,
      "filter.dlq.v1/3/9",
    ]);
    const marks = new Marks();
    marks.add({ ...mark, offset: 0 });
    expect(marks.sentAtMs(letter)).toBe(77);
    expect(redriveMark(letter, 2, 77).partition).toBe(1);
  });

  it("counts for no other dead letter, and for none of another record at its place", () => {
    const marks = new Marks();
    marks.add({ ...redriveMark(letter, 12, 77), offset: 0 });
    const neighbour = { topic: "filter.dlq.v1", partition: 3, offset: 10 };
    expect(marks.sentAtMs(letterOf({ place: neighbour }))).toBeUndefined();
    const original = { topic: "transactions.received.v1", partition: 3, offset: 18 };
    expect(marks.sentAtMs(letterOf({ place: letter.place, original }))).toBeUndefined();
  });

  it("that is taken back counts no more, and one that cannot be read is an error", () => {
    const marks = new Marks();
    const mark = { ...redriveMark(letter, 12, 77), offset: 0 };
    marks.add(mark);
    marks.add({ ...mark, value: null });
    expect(marks.sentAtMs(letter)).toBeUndefined();
    expect(() => marks.add({ ...mark, value: Buffer.from("{}") })).toThrow("redrive/1");
  });
});

describe("a dead letter", () => {
  it("is read from the headers that were added last", () => {
    const headers: HeaderPair[] = [[deadLetterHeaderNames.originalTopic, Buffer.from("a client's")]];
    const letter = readDeadLetter("filter.dlq.v1", 3, letterRecord({ headers, reason: "VALUE_INVALID" }));
    expect(letter.original).toEqual({ topic: "transactions.received.v1", partition: 3, offset: 17 });
    expect(letter.reasonCode).toBe("VALUE_INVALID");
  });

  it("whose headers say nothing has no original, and is read all the same", () => {
    const record = { ...letterRecord(), headers: [["x-redrive-count", Buffer.from("many")]] as HeaderPair[] };
    expect(readDeadLetter("filter.dlq.v1", 3, record)).toMatchObject({
      original: undefined,
      reasonCode: "UNKNOWN",
      redriveCount: 0,
      exception: { name: undefined, message: undefined },
    });
    expect(lastHeader([["a", null]], "a")).toBeUndefined();
  });
});
