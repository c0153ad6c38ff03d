// A bug here would look like this: money that is no integer gets through, or the same transaction has two spellings
// and a repeat of it is taken for a conflict.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accountAggregateCodec } from "../../src/aggregate.ts";
import { transactionArbitrary, transactionInputArbitrary } from "../../src/testing/arbitraries.ts";
import {
  type Transaction,
  type TransactionInput,
  toTransaction,
  transactionCodec,
  transactionFields,
  transactionTypes,
} from "../../src/transaction.ts";

const base = {
  id: "t1",
  accountId: "a1",
  amount: 1250,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00Z",
  type: "purchase",
};

function accepts(fields: object): boolean {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...base, ...fields }));
  try {
    transactionCodec.decode(bytes, "transaction/1");
    return true;
  } catch {
    return false;
  }
}

const pairs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));

describe.each([
  ["id", ["a", "A.z_0:-", "x".repeat(64)], ["", "x".repeat(65), "a b", "a/b", "é", "a\n", 1, null]],
  ["accountId", ["a", "x".repeat(64)], ["", "x".repeat(65), "a b", 1, null]],
  ["amount", [1, 9007199254740991], [0, -1, 1.5, 9007199254740992, 1e300, "1", null, true, [1]]],
  ["currency", ["EUR", "JPY"], ["eur", "EU", "EURO", "XXX", "XAU", "", 978, null]],
  ["occurredAt", ["2026-03-01T12:00:00.123+05:30"], ["2026-03-01", "2026-03-01T12:00:00.1234Z", 0, null]],
  ["type", [...transactionTypes], ["Purchase", "", "fee", null]],
  ["channel", ["card_present", "online", "atm", "transfer"], ["phone", "", null]],
  ["merchantId", ["m", "é".repeat(128), "\u{1F4B6}".repeat(128)], ["", "m".repeat(129), "a\tb", 1, null]],
  ["merchantCategory", ["0000", "5411"], ["541", "54111", "54a1", 5411, null]],
  ["country", ["DE", "US"], ["de", "XK", "DEU", "", null]],
  ["deviceId", ["d", "d".repeat(128)], ["", "d".repeat(129), null]],
  [
    "ipAddress",
    ["10.0.0.1", "::", "2001:db8::1", "::ffff:10.0.0.1"],
    ["10.0.0", "256.0.0.1", "fe80::1%eth0", "", 1],
  ],
  ["counterpartyId", ["c", "c".repeat(128)], ["", "c".repeat(129), null]],
  [
    "metadata",
    [
      {},
      pairs(20),
      { ["k".repeat(64)]: "v".repeat(256), k: "" },
      { ["\u{1F4B6}".repeat(64)]: "v" },
      { "a\nb": "v" },
    ],
    [
      pairs(21),
      { ["k".repeat(65)]: "v" },
      { "": "v" },
      { k: "v".repeat(257) },
      { k: 1 },
      { k: null },
      [],
      "k",
      null,
    ],
  ],
])("%s", (field, valid, invalid) => {
  it.each(valid.map((value) => [JSON.stringify(value).slice(0, 40), value] as const))(
    "accepts %s",
    (_, value) => {
      expect(accepts({ [field]: value })).toBe(true);
    },
  );

  it.each(invalid.map((value) => [JSON.stringify(value).slice(0, 40), value] as const))(
    "refuses %s",
    (_, value) => {
      expect(accepts({ [field]: value })).toBe(false);
    },
  );
});

describe("latitude and longitude", () => {
  it.each([
    [90, 180, true],
    [-90, -180, true],
    [0, 0, true],
    [90.0000001, 0, false],
    [0, -180.0000001, false],
    ["1", 1, false],
    [undefined, 1, false],
    [1, undefined, false],
    [1, null, false],
  ])("%j and %j", (latitude, longitude, accepted) => {
    expect(accepts({ latitude, longitude })).toBe(accepted);
  });
});

describe("a transaction on a topic", () => {
  it.each(["id", "accountId", "amount", "currency", "occurredAt", "type"])(
    "is refused without %s",
    (field) => {
      expect(accepts({ [field]: undefined })).toBe(false);
    },
  );

  it("is refused with a field that nobody knows", () => {
    expect(accepts({ note: "x" })).toBe(false);
  });
});

describe("the canonical form", () => {
  const input = { ...base, type: undefined };

  it("fills in purchase", () => {
    const { type: _, ...untyped } = base;
    expect(toTransaction(untyped).type).toBe("purchase");
    expect(toTransaction({ ...untyped, type: "refund" }).type).toBe("refund");
    expect(input.type).toBeUndefined();
  });

  it("has its fields in the order of the schema, whatever the order of the request", () => {
    fc.assert(
      fc.property(transactionInputArbitrary, fc.infiniteStream(fc.nat()), (value, order) => {
        const shuffled = shuffle(value, order);
        const bytes = transactionCodec.encode(toTransaction(shuffled));
        expect(Buffer.from(bytes).toString()).toBe(
          Buffer.from(transactionCodec.encode(toTransaction(value))).toString(),
        );
        const written = Object.keys(toTransaction(shuffled));
        expect(written).toEqual(transactionFields.filter((field) => written.includes(field)));
      }),
    );
  });

  it("is its own canonical form, and leaves its input alone", () => {
    fc.assert(
      fc.property(transactionArbitrary, (transaction) => {
        const before = JSON.stringify(transaction);
        expect(JSON.stringify(toTransaction(transaction))).toBe(before);
        expect(JSON.stringify(transaction)).toBe(before);
      }),
    );
  });

  it("leaves out empty metadata and writes -0 as 0", () => {
    const transaction = toTransaction({
      ...base,
      type: "purchase",
      latitude: -0,
      longitude: 1,
      metadata: {},
    });
    expect(transaction.latitude).toBe(0);
    expect(transaction).not.toHaveProperty("metadata");
  });
});

function shuffle(value: TransactionInput, order: IterableIterator<number>): TransactionInput {
  const mix = (pairs: [string, unknown][]): [string, unknown][] =>
    pairs
      .map((pair) => [order.next().value ?? 0, pair] as const)
      .sort(([a], [b]) => a - b)
      .map(([, pair]) => pair);
  const fields = mix(Object.entries(value)).map(([name, field]): [string, unknown] =>
    name === "metadata" ? [name, Object.fromEntries(mix(Object.entries(field as object)))] : [name, field],
  );
  return Object.fromEntries(fields) as Transaction;
}

describe("an aggregate", () => {
  const aggregate = {
    accountId: "a1",
    currency: "EUR",
    window: { kind: "sliding", sizeMs: 10, start: -9, end: 1 } as const,
    count: 1,
    sum: 5,
    min: 5,
    max: 5,
    average: 5,
    final: true,
  };

  it("has a window that starts before it ends", () => {
    expect(() => accountAggregateCodec.encode(aggregate)).not.toThrow();
    for (const end of [-9, -10]) {
      const broken = { ...aggregate, window: { ...aggregate.window, end } };
      expect(() => accountAggregateCodec.encode(broken)).toThrow("must start before it ends");
    }
  });

  it("has a sum that is exact", () => {
    expect(() => accountAggregateCodec.encode({ ...aggregate, sum: 2 ** 53 })).toThrow("sum");
  });
});
