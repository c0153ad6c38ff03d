// A bug here shows a handler records that never happened, those of an aborted transaction, or hides records that did.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AbortedTransaction, committedRecords } from "../../../src/kafka/read-committed.ts";
import { decodeRecordBatches } from "../../../src/kafka/record-batch.ts";
import { dataBatch, marker } from "../../harness/batches.ts";
import { present } from "../../harness/eventually.ts";

const [A, B, C] = [11, 22, 33];

const inTransaction = (offset: number, producerId: number, ...values: string[]): Buffer =>
  dataBatch(offset, values, { producerId, transactional: true });

const abortedAt = (producerId: number, firstOffset: number): AbortedTransaction => ({
  producerId: BigInt(producerId),
  firstOffset,
});

const visible = (
  batches: readonly Buffer[],
  aborted: readonly AbortedTransaction[],
  fromOffset = 0,
): string[] =>
  committedRecords(decodeRecordBatches(Buffer.concat(batches)), aborted, fromOffset).map(({ value }) =>
    String(value),
  );

describe("the three cases in which kafkajs delivers aborted records", () => {
  it("two overlapping aborts, listed in the order in which they ended, hide the records of both", () => {
    const batches = [
      inTransaction(5, B, "b5"),
      inTransaction(7, A, "a7"),
      inTransaction(8, B, "b8"),
      marker(11, A, "abort"),
      inTransaction(12, B, "b12"),
      marker(13, B, "abort"),
    ];
    expect(visible(batches, [abortedAt(A, 7), abortedAt(B, 5)])).toEqual([]);
  });

  it("a fetch that begins inside two aborted transactions hides the rest of both", () => {
    const batches = [
      inTransaction(20, A, "a20"),
      inTransaction(21, B, "b21"),
      marker(22, A, "abort"),
      inTransaction(23, B, "b23"),
      marker(24, B, "abort"),
    ];
    expect(visible(batches, [abortedAt(A, 3), abortedAt(B, 9)], 20)).toEqual([]);
  });

  it("a user key of four zero bytes is not taken for an abort marker", () => {
    const looksLikeMarker = dataBatch(5, ["a5"], { producerId: A, transactional: true }, Buffer.alloc(4));
    const batches = [looksLikeMarker, inTransaction(6, A, "a6"), marker(7, A, "abort")];
    expect(visible(batches, [abortedAt(A, 5)])).toEqual([]);
  });
});

describe("one producer", () => {
  it("is shown between its aborts", () => {
    const batches = [
      inTransaction(0, A, "a0"),
      marker(1, A, "abort"),
      inTransaction(2, A, "a2"),
      marker(3, A, "commit"),
      inTransaction(4, A, "a4"),
      marker(5, A, "abort"),
      inTransaction(6, A, "a6"),
      marker(7, A, "abort"),
      inTransaction(8, A, "a8"),
      marker(9, A, "commit"),
    ];
    expect(visible(batches, [abortedAt(A, 0), abortedAt(A, 4), abortedAt(A, 6)])).toEqual(["a2", "a8"]);
  });

  it("stays hidden to the end of a fetch that ends before its marker", () => {
    expect(visible([inTransaction(0, A, "a0"), inTransaction(1, A, "a1")], [abortedAt(A, 0)])).toEqual([]);
  });

  it("of an aborted transaction does not hide others, nor records outside any transaction", () => {
    const batches = [
      inTransaction(0, A, "a0"),
      dataBatch(1, ["plain"], { producerId: A }),
      dataBatch(2, ["nobody's"]),
      inTransaction(3, B, "b3"),
      marker(4, B, "commit"),
      marker(5, A, "abort"),
    ];
    expect(visible(batches, [abortedAt(A, 0)])).toEqual(["plain", "nobody's", "b3"]);
  });
});

it("a transaction that is first listed behind a batch does not hide that batch", () => {
  const batches = [
    inTransaction(0, A, "a0"),
    marker(1, A, "commit"),
    inTransaction(2, A, "a2"),
    marker(3, A, "abort"),
  ];
  expect(visible(batches, [abortedAt(A, 2)])).toEqual(["a0"]);
});

it("records before the asked offset are left out of the batch that holds it", () => {
  expect(visible([dataBatch(10, ["x10", "x11", "x12"])], [], 11)).toEqual(["x11", "x12"]);
});

// ---- Any interleaving, against an oracle that follows each transaction from its own records to its own marker. ----

interface Step {
  readonly producer: number;
  readonly act: "write" | "abort" | "commit" | "plain";
  readonly count: number;
}

interface LogEntry {
  readonly offset: number;
  readonly last: number;
  readonly bytes: Buffer;
  readonly values: readonly string[];
  readonly transaction: Transaction | undefined;
}

interface Transaction {
  readonly producer: number;
  readonly firstOffset: number;
  ended?: { readonly offset: number; readonly aborted: boolean };
}

/** Writes the steps as a log; a transaction still open at the end is committed, as the last stable offset wants it. */
const logOf = (steps: readonly Step[]): { entries: LogEntry[]; transactions: Transaction[] } => {
  const entries: LogEntry[] = [];
  const transactions: Transaction[] = [];
  const open = new Map<number, Transaction>();
  let offset = 0;
  const append = (count: number, bytes: Buffer, values: readonly string[], transaction?: Transaction) => {
    entries.push({ offset, last: offset + count - 1, bytes, values, transaction });
    offset += count;
  };
  const end = (producer: number, aborted: boolean) => {
    const transaction = open.get(producer);
    if (transaction === undefined) return;
    transaction.ended = { offset, aborted };
    open.delete(producer);
    append(1, marker(offset, producer, aborted ? "abort" : "commit"), []);
  };
  for (const { producer, act, count } of steps) {
    const values = Array.from({ length: count }, (_, i) => `${producer}@${offset + i}`);
    if (act === "plain") append(count, dataBatch(offset, values, { producerId: producer }), values);
    else if (act === "write") {
      const transaction = open.get(producer) ?? { producer, firstOffset: offset };
      if (!open.has(producer)) transactions.push(transaction);
      open.set(producer, transaction);
      append(count, inTransaction(offset, producer, ...values), values, transaction);
    } else end(producer, act === "abort");
  }
  for (const producer of [...open.keys()]) end(producer, false);
  return { entries, transactions };
};

const step: fc.Arbitrary<Step> = fc.record({
  producer: fc.constantFrom(A, B, C),
  act: fc.constantFrom("write", "write", "abort", "commit", "plain"),
  count: fc.integer({ min: 1, max: 3 }),
});

describe("any interleaving of three producers, read from any offset in fetches of any size", () => {
  it("shows what the transactions themselves say is committed", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 }),
        (steps, start, sizes) => {
          const { entries, transactions } = logOf(steps);
          const end = (entries.at(-1)?.last ?? -1) + 1;
          const from = end === 0 ? 0 : start % end;
          const expected = entries
            .filter(({ transaction }) => transaction?.ended?.aborted !== true)
            .flatMap(({ offset, values }) => values.filter((_, i) => offset + i >= from));

          const seen: string[] = [];
          let position = from;
          for (let fetch = 0; position < end; fetch++) {
            const first = entries.findIndex(({ last }) => last >= position);
            const fetched = entries.slice(first, first + present(sizes[fetch % sizes.length]));
            const upTo = present(fetched.at(-1)).last;
            // As the broker lists them (TransactionIndex): those that touch the range, by the offset they ended at.
            const aborted = transactions
              .filter(
                ({ ended, firstOffset }) => ended?.aborted && ended.offset >= position && firstOffset <= upTo,
              )
              .toSorted((a, b) => present(a.ended).offset - present(b.ended).offset)
              .map(({ producer, firstOffset }) => abortedAt(producer, firstOffset));
            seen.push(
              ...visible(
                fetched.map(({ bytes }) => bytes),
                aborted,
                position,
              ),
            );
            position = upTo + 1;
          }
          expect(seen).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is judged by an oracle that knows an abort when it sees one", () => {
    const write = (producer: number): Step => ({ producer, act: "write", count: 1 });
    const { transactions } = logOf([write(A), write(B), { producer: A, act: "abort", count: 1 }, write(A)]);
    expect(transactions).toEqual([
      { producer: A, firstOffset: 0, ended: { offset: 2, aborted: true } },
      { producer: B, firstOffset: 1, ended: { offset: 4, aborted: false } },
      { producer: A, firstOffset: 3, ended: { offset: 5, aborted: false } },
    ]);
  });
});
