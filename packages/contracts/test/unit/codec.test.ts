// A bug here would look like this: a record that breaks its contract is taken for a clean one, or an error message
// that carries somebody's card number into the logs.
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { accountAggregateCodec } from "../../src/aggregate.ts";
import { type Alert, alertCodec } from "../../src/alert.ts";
import { caseEventCodec } from "../../src/case-event-codec.ts";
import { caseSnapshotCodec } from "../../src/case-snapshot.ts";
import type { Codec } from "../../src/envelope.ts";
import { ContractError, contractErrors } from "../../src/errors.ts";
import { lateRecordCodec } from "../../src/late.ts";
import { notificationCodec } from "../../src/notification.ts";
import { redriveCodec } from "../../src/redrive.ts";
import { rejectionCodec } from "../../src/rejection.ts";
import {
  accountAggregateArbitrary,
  alertArbitrary,
  caseEventArbitrary,
  caseSnapshotArbitrary,
  lateRecordArbitrary,
  notificationArbitrary,
  redriveArbitrary,
  rejectionArbitrary,
  transactionArbitrary,
} from "../../src/testing/arbitraries.ts";
import { type Transaction, toTransaction, transactionCodec } from "../../src/transaction.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const transaction: Transaction = {
  id: "t1",
  accountId: "a1",
  amount: 1250,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00Z",
  type: "purchase",
};

function failure(act: () => unknown): ContractError {
  try {
    act();
  } catch (error) {
    if (error instanceof ContractError) return error;
    throw error;
  }
  throw new TypeError("nothing was thrown");
}

const decodeText = (text: string) => failure(() => transactionCodec.decode(utf8(text), "transaction/1"));
const decodeWith = (fields: object) => decodeText(JSON.stringify({ ...transaction, ...fields }));

describe("every codec gives back what it was given", () => {
  function roundTrip<V>(codec: Codec<V>, arbitrary: Arbitrary<V>): void {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const bytes = codec.encode(value);
        const decoded = codec.decode(bytes, codec.schema);
        expect(decoded).toStrictEqual(value);
        expect(Buffer.compare(codec.encode(decoded), bytes)).toBe(0);
      }),
    );
  }

  it("transaction", () => roundTrip(transactionCodec, transactionArbitrary));
  it("alert", () => roundTrip(alertCodec, alertArbitrary));
  it("case-event", () => roundTrip(caseEventCodec, caseEventArbitrary));
  it("case-snapshot", () => roundTrip(caseSnapshotCodec, caseSnapshotArbitrary));
  it("redrive", () => roundTrip(redriveCodec, redriveArbitrary));
  it("account-aggregate", () => roundTrip(accountAggregateCodec, accountAggregateArbitrary));
  it("rejection", () => roundTrip(rejectionCodec, rejectionArbitrary));
  it("late-record", () => roundTrip(lateRecordCodec, lateRecordArbitrary));
  it("notification", () => roundTrip(notificationCodec, notificationArbitrary));
});

describe("the schema header", () => {
  const bytes = transactionCodec.encode(transaction);

  it.each([
    ["absent", undefined, "SCHEMA_MISSING"],
    ["of a later version", "transaction/2", "SCHEMA_UNKNOWN_VERSION"],
    ["of a version with more digits", "transaction/11", "SCHEMA_UNKNOWN_VERSION"],
    ["of another event", "alert/1", "SCHEMA_MISMATCH"],
    ["without a version", "transaction", "SCHEMA_MISMATCH"],
    ["of version 0", "transaction/0", "SCHEMA_MISMATCH"],
    ["in capitals", "Transaction/1", "SCHEMA_MISMATCH"],
    ["empty", "", "SCHEMA_MISMATCH"],
  ])("%s is refused", (_, header, code) => {
    expect(failure(() => transactionCodec.decode(bytes, header)).code).toBe(code);
  });

  it("is checked before the bytes are", () => {
    expect(failure(() => transactionCodec.decode(utf8("{"), "alert/1")).code).toBe("SCHEMA_MISMATCH");
  });
});

describe("the bytes", () => {
  it("null is a tombstone, not a value", () => {
    expect(failure(() => transactionCodec.decode(null, "transaction/1")).code).toBe("VALUE_TOMBSTONE");
  });

  it.each([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x7b, 0xe2, 0x82]])(
    "%j... are not UTF-8",
    (...bytes) => {
      const error = failure(() => transactionCodec.decode(Uint8Array.from(bytes), "transaction/1"));
      expect(error.code).toBe("VALUE_NOT_UTF8");
      expect(error.cause).toBeInstanceOf(Error);
    },
  );

  it.each([
    "",
    "{",
    "{'id':1}",
    "NaN",
    `\ufeff${JSON.stringify(transaction)}`,
    `${JSON.stringify(transaction)}x`,
  ])("%j is not JSON", (text) => {
    expect(decodeText(text).code).toBe("VALUE_NOT_JSON");
  });

  it.each(["null", "1", '"text"', "[]", "{}"])("%s is JSON and no transaction", (text) => {
    expect(decodeText(text).code).toBe("VALUE_INVALID");
  });
});

describe("an error names the first field at fault and the kind of value", () => {
  it.each([
    [{ amount: 1.5 }, "amount", "found a number with a fraction"],
    [{ amount: "1250" }, "amount", "found text of 4 characters"],
    [{ amount: undefined }, "amount", "is required and absent"],
    [{ surprise: 1 }, "surprise", "is not a field of it"],
    [{ metadata: { note: 5 } }, "metadata.note", "found an integer"],
    [{ occurredAt: "2026-02-30T00:00:00Z" }, "occurredAt", "real instant"],
    [{ latitude: 1 }, "", "longitude"],
  ])("%j", (fields, field, part) => {
    const error = decodeWith(fields);
    expect(error).toMatchObject({ code: "VALUE_INVALID", name: "ContractError", field });
    expect(error.message).toContain(part);
  });

  it("inside lists too", () => {
    const alert = fc.sample(alertArbitrary, { numRuns: 1, seed: 1 })[0];
    const broken = { ...alert, evidence: [transaction, { ...transaction, currency: "XXX" }] };
    const error = failure(() => alertCodec.decode(utf8(JSON.stringify(broken)), alertCodec.schema));
    expect(error.field).toBe("evidence.1.currency");
  });

  it("and never repeats a value", () => {
    const secret = "4111-1111-1111-1111/secret";
    const errors = [
      decodeWith({ id: secret }),
      decodeWith({ currency: secret }),
      decodeWith({ metadata: { a: [secret] } }),
      decodeWith({ occurredAt: secret }),
      decodeText(`{"id":"${secret}`),
      decodeText(`"${secret}" `),
    ];
    for (const error of errors) expect(`${error.stack}${String(error.cause)}`).not.toContain("4111");
  });
});

describe("an alert", () => {
  const alert = fc.sample(
    alertArbitrary.filter(({ evidence }) => evidence.length === 2),
    { numRuns: 1, seed: 1 },
  )[0];
  const refusal = (evidenceSteps: readonly string[] | undefined) =>
    failure(() => alertCodec.decode(utf8(JSON.stringify({ ...alert, evidenceSteps })), alertCodec.schema));

  it.each([[["small"]], [["small", "small", "large"]]])(
    "with steps %j for two causes is refused, read and written",
    (evidenceSteps) => {
      expect(refusal(evidenceSteps)).toMatchObject({ code: "VALUE_INVALID", field: "" });
      expect(refusal(evidenceSteps).message).toContain("must have as many evidenceSteps as evidence");
      const written = failure(() => alertCodec.encode({ ...alert, evidenceSteps } as Alert));
      expect(written.message).toContain("must have as many evidenceSteps as evidence");
    },
  );

  it("without steps is refused, and so is one under version 1, which had none", () => {
    expect(refusal(undefined)).toMatchObject({ code: "VALUE_INVALID", field: "evidenceSteps" });
    expect(failure(() => alertCodec.decode(utf8("{}"), "alert/1")).code).toBe("SCHEMA_UNKNOWN_VERSION");
  });

  it("names a step as a rule is named", () => {
    expect(refusal(["small", "the large"])).toMatchObject({
      code: "VALUE_INVALID",
      field: "evidenceSteps.1",
    });
  });
});

describe("what is in no schema", () => {
  it("is refused even under the name __proto__", () => {
    expect(decodeText(`{"__proto__":{"a":1},${JSON.stringify(transaction).slice(1)}`).field).toBe(
      "__proto__",
    );
  });

  it("is no pollution inside metadata, only a pair", () => {
    const text = `${JSON.stringify(transaction).slice(0, -1)},"metadata":{"__proto__":"x"}}`;
    const decoded = transactionCodec.decode(utf8(text), "transaction/1");
    const canonical = toTransaction(decoded);
    expect(Object.entries(canonical.metadata ?? {})).toEqual([["__proto__", "x"]]);
    expect(Buffer.from(transactionCodec.encode(canonical)).toString()).toBe(text);
  });
});

describe("encoding", () => {
  it("refuses what it would refuse to decode", () => {
    const error = failure(() => transactionCodec.encode({ ...transaction, amount: 0 }));
    expect(error).toMatchObject({ code: "VALUE_INVALID", field: "amount" });
    expect(error.message).toContain("encode transaction/1");
  });
});

describe("the registry of errors", () => {
  it("has a meaning and a remedy for every code, and every code makes an error that carries it", () => {
    for (const [code, entry] of Object.entries(contractErrors)) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z0-9]+)+$/);
      expect(entry.meaning).toMatch(/\.$/);
      expect(entry.remedy).toMatch(/\.$/);
      expect(new ContractError(code as keyof typeof contractErrors, "text").code).toBe(code);
    }
  });
});
