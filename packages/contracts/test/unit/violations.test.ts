// A bug here would look like this: ingest answers 202 to what every consumer refuses, or refuses what is right, or
// tells a client one fault at a time.
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { describe, expect, it } from "vitest";
import { nearestName } from "../../src/near-miss.ts";
import { transactionInputArbitrary } from "../../src/testing/arbitraries.ts";
import { transactionInputSchema } from "../../src/transaction.ts";
import { explainTransactionInput, violationsMax } from "../../src/violations.ts";

const valid = {
  id: "t1",
  accountId: "a1",
  amount: 1250,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00Z",
};
const validator = Compile(transactionInputSchema);

function codes(value: unknown): string[] {
  return explainTransactionInput(value).map(({ field, code }) => `${field}: ${code}`);
}

describe("a request is explained exactly when the validator refuses it", () => {
  it("for what clients may send", () => {
    fc.assert(
      fc.property(transactionInputArbitrary, (input) => {
        expect(explainTransactionInput(input)).toEqual([]);
        expect(validator.Check(input)).toBe(true);
      }),
    );
  });

  it("for requests with fields replaced, added and removed", () => {
    const field = fc.oneof(
      fc.constantFrom(
        ...Object.keys(transactionInputSchema.properties),
        "__proto__",
        "constructor",
        "toString",
      ),
      fc.string({ maxLength: 12 }),
    );
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom("EUR", "DE", "1.2.3.4", 1, "5411", 0.5, {}));
    const change = fc.tuple(field, fc.option(value, { nil: undefined }));
    fc.assert(
      fc.property(transactionInputArbitrary, fc.array(change, { maxLength: 3 }), (input, changes) => {
        const changed = Object.fromEntries([...Object.entries(input), ...changes]);
        const received: unknown = JSON.parse(JSON.stringify(changed));
        expect(explainTransactionInput(received).length === 0).toBe(validator.Check(received));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([null, undefined, 1, "text", true, [[]], [valid]])("for %j, which is no object", (value) => {
    expect(codes(value)).toEqual([": not-an-object"]);
    expect(validator.Check(value)).toBe(false);
  });
});

describe("all violations come at once", () => {
  it("in the order of the schema, then unknown fields, then rules between fields", () => {
    const body = {
      acountId: "a1",
      id: "",
      amount: "5",
      latitude: 91,
      metadata: { a: 1, "": "x" },
      note: "x",
    };
    expect(codes(body)).toEqual([
      "id: invalid",
      "accountId: required",
      "amount: invalid",
      "currency: required",
      "occurredAt: required",
      "latitude: invalid",
      "metadata.a: invalid",
      "metadata.: invalid",
      "acountId: unknown-field",
      "note: unknown-field",
      "longitude: incomplete-location",
    ]);
  });

  it("up to the limit", () => {
    const body = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`unknown${index}`, 1]));
    expect(explainTransactionInput(body)).toHaveLength(violationsMax);
    expect(explainTransactionInput({ ...valid, metadata: body })).toHaveLength(violationsMax);
  });

  it("with the number of metadata pairs", () => {
    const metadata = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`k${index}`, "v"]));
    expect(explainTransactionInput({ ...valid, metadata })).toEqual([
      { field: "metadata", code: "too-many-pairs", message: "metadata must have at most 20 pairs; found 21" },
    ]);
  });

  it("and say what was found and what helps, without the value", () => {
    const [violation] = explainTransactionInput({ ...valid, amount: 12.34 });
    expect(violation).toEqual({
      field: "amount",
      code: "invalid",
      message:
        "amount must be an integer of minor units from 1 to 9007199254740991; found a number with a fraction",
      hint: "write 12.50 EUR as 1250, a number without quotes",
    });
  });
});

describe("an unknown field", () => {
  it.each([
    ["acountId", "did you mean accountId?"],
    ["accountID", "did you mean accountId?"],
    ["Amount", "did you mean amount?"],
    ["ammuont", "did you mean amount?"],
    ["amuonnts", "put your own fields into metadata"],
    ["curency", "did you mean currency?"],
    ["ocurredAt", "did you mean occurredAt?"],
    ["lon", "put your own fields into metadata"],
    ["x", "put your own fields into metadata"],
  ])("%s: %s", (name, hint) => {
    expect(explainTransactionInput({ ...valid, [name]: 1 })[0]?.hint).toBe(hint);
  });

  it("with a name of a million characters is answered at once, its name cut", () => {
    const [violation] = explainTransactionInput({ ...valid, ["a".repeat(1_000_000)]: 1 });
    expect(violation?.field).toHaveLength(64);
    expect(violation?.message.length).toBeLessThan(200);
  });
});

describe("the nearest name", () => {
  it("is at most two edits away, the nearest first", () => {
    expect(nearestName("abcd", ["abxx", "abcx"])).toBe("abcx");
    expect(nearestName("abcd", ["abxx"])).toBe("abxx");
    expect(nearestName("abcd", ["axxx"])).toBeUndefined();
    expect(nearestName("abcd", ["abcdef"])).toBe("abcdef");
    expect(nearestName("abcd", ["abcdefg"])).toBeUndefined();
  });
});
