// A bug here shows an operator other records than the expression means, or lets an expression hang the command.

import { topics } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { Expression } from "../../../src/tail/expression.ts";
import { celValue, fieldsOf } from "../../../src/tail/schema-fields.ts";
import { tailed } from "../../../src/tail/tailed.ts";

const schema = topics.transactionsReceived.codec.jsonSchema;
const fields = { ...fieldsOf(schema), value: fieldsOf(schema) };
const base = {
  id: "tx-1",
  accountId: "acct-1",
  amount: 1250,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00Z",
  type: "purchase",
};

const judge = (text: string, value: object = base): string => {
  const seen = celValue(value, schema) as object;
  return Expression.compile(text, fields).judge({ ...seen, value: seen });
};

const mistakeIn = (text: string): string => {
  try {
    Expression.compile(text, fields);
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ code: "CLI_EXPRESSION_INVALID", exitCode: 2 });
    return (error as Error).message;
  }
  throw new Error(`${text} was taken`);
};

describe("an expression", () => {
  it.each([
    ["amount > 1000", "yes"],
    ["amount > 1250", "no"],
    ['currency in ["EUR", "USD"] && value.type == "purchase"', "yes"],
    ['id.startsWith("tx-")', "yes"],
    ["has(value.country)", "no"],
    ["amount / 100 == 12", "yes"],
    ["true", "yes"],
  ])("%s of a transaction of 12.50 EUR: %s", (text, verdict) => {
    expect(judge(text)).toBe(verdict);
  });

  it("that asks for a field which is not there is neither true nor false", () => {
    expect(judge('country == "DE"')).toBe("unknown");
    expect(judge('country == "DE"', { ...base, country: "DE" })).toBe("yes");
    expect(judge('amount > 1000 || country == "DE"')).toBe("yes");
    expect(judge('metadata["note"] == "x"', { ...base, metadata: { note: "x" } })).toBe("yes");
    expect(judge('metadata["note"] == "x"', { ...base, metadata: {} })).toBe("unknown");
  });

  it("compares amounts exactly, to the largest there is", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (amount, limit) => {
        const value = { ...base, amount };
        expect(judge(`amount > ${limit}`, value)).toBe(amount > limit ? "yes" : "no");
        expect(judge(`amount == ${limit}`, value)).toBe(amount === limit ? "yes" : "no");
      }),
    );
  });

  it("sees the evidence of alerts", () => {
    const { fields: of, forExpression } = tailed.alerts;
    const alert = forExpression({ severity: "high", evidence: [{ amount: 5, country: "BR" }] }) as object;
    const exists = Expression.compile('evidence.exists(e, e.country == "BR" && e.amount < 6)', of);
    expect(exists.judge({ ...alert })).toBe("yes");
  });
});

describe("a mistake", () => {
  it.each([
    ["amont > 5", 1, "did you mean amount?", "^^^^^"],
    ["1 == 1 && amont > 5", 11, "did you mean amount?", "          ^^^^^"],
    ['amount > "5"', 1, "no such overload: int > string", "^^^^^^^^^^^^"],
    ["amount >", 9, "unexpected token", "        ^"],
    ["value.amont > 5", 7, "did you mean amount?", "      ^^^^^"],
    ["nothing == 1", 1, "there are id, accountId", "^^^^^^^"],
    ['type == "purchase"', 1, "the field is value.type", "^"],
    ["amount", 1, "it is an int; give a condition", "^^^^^^"],
  ])("in %s is pointed at in column %i: %s", (text, column, why, carets) => {
    const message = mistakeIn(text);
    expect(message).toContain(`--where, column ${column}: `);
    expect(message).toContain(why);
    expect(message.split("\n")[2]).toMatch(new RegExp(`^ {2}${carets.replaceAll("^", "\\^")}`));
  });

  it("in the second line is pointed at there", () => {
    const message = mistakeIn("amount > 5 &&\n  amont < 9");
    expect(message).toContain("column 3: ");
    expect(message.split("\n").slice(1, 3)).toEqual(["    amont < 9", "    ^^^^^"]);
  });

  it("never moves the cursor of the terminal", () => {
    expect(mistakeIn('"\u001b[2J" == amont')).not.toContain("\u001b");
  });
});

describe("what could take long", () => {
  it("is refused: regular expressions, comprehensions within another, thousands of parts", () => {
    expect(mistakeIn('id.matches("^(a+)+$")')).toContain("matches() is not offered");
    expect(mistakeIn("[1].all(a, [2].exists(b, a == b))")).toContain("exists() stands inside another one");
    expect(mistakeIn(Array.from({ length: 200 }, () => "amount > 1").join(" && "))).toContain("column");
    expect(mistakeIn(`${"(".repeat(40)}true${")".repeat(40)}`)).toContain("column");
  });

  it("is no way out of the language", () => {
    for (const text of ["constructor", "__proto__ == 1", "id.constructor == id", "process.exit(1)"])
      mistakeIn(text);
  });
});
