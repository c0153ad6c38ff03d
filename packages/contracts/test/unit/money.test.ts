// A bug here would look like this: an alert that says 12.00 where a customer lost 1,200.00, or a sum that is a cent off.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countryCodes } from "../../src/countries.ts";
import {
  addMoney,
  amountMax,
  averageMoney,
  currencyCodes,
  formatMoney,
  minorUnitExponent,
} from "../../src/money.ts";

describe("an amount is formatted by the minor unit of its currency", () => {
  it.each([
    [120000, "EUR", "1,200.00 EUR"],
    [0, "EUR", "0.00 EUR"],
    [1, "EUR", "0.01 EUR"],
    [99, "USD", "0.99 USD"],
    [100, "USD", "1.00 USD"],
    [99999, "USD", "999.99 USD"],
    [-120050, "EUR", "-1,200.50 EUR"],
    [1200, "JPY", "1,200 JPY"],
    [1, "JPY", "1 JPY"],
    [1234567, "KWD", "1,234.567 KWD"],
    [1, "CLF", "0.0001 CLF"],
    [amountMax, "EUR", "90,071,992,547,409.91 EUR"],
    [amountMax, "JPY", "9,007,199,254,740,991 JPY"],
  ])("%d %s", (amount, currency, text) => {
    expect(formatMoney(amount, currency)).toBe(text);
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, amountMax + 1])("and %d is refused", (amount) => {
    expect(() => formatMoney(amount, "EUR")).toThrow(expect.objectContaining({ code: "AMOUNT_INVALID" }));
  });

  it.each(["eur", "XXX", "XAU", "", "EURO", "constructor"])("and the currency %j is refused", (currency) => {
    expect(() => formatMoney(1, currency)).toThrow(expect.objectContaining({ code: "CURRENCY_UNKNOWN" }));
    expect(() => minorUnitExponent(currency)).toThrow(expect.objectContaining({ field: "currency" }));
  });
});

describe("adding", () => {
  it("is exact up to 2^53-1 and refused one beyond", () => {
    expect(addMoney(amountMax - 1, 1)).toBe(amountMax);
    expect(() => addMoney(amountMax, 1)).toThrow(expect.objectContaining({ code: "AMOUNT_OVERFLOW" }));
    expect(() => addMoney(amountMax, amountMax)).toThrow(
      expect.objectContaining({ code: "AMOUNT_OVERFLOW" }),
    );
    expect(() => addMoney(1, 0.5)).toThrow(expect.objectContaining({ code: "AMOUNT_INVALID" }));
  });

  it("agrees with big integers or throws", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        const exact = BigInt(a) + BigInt(b);
        if (exact <= BigInt(amountMax) && exact >= -BigInt(amountMax)) {
          expect(BigInt(addMoney(a, b))).toBe(exact);
        } else {
          expect(() => addMoney(a, b)).toThrow("beyond 2^53-1");
        }
      }),
    );
  });
});

describe("the average", () => {
  it("is the quotient with its fraction, as the nearest double", () => {
    expect(averageMoney(301, 3)).toBe(100.33333333333333);
    expect(averageMoney(300, 3)).toBe(100);
  });

  it.each([0, -1, 1.5, Number.NaN])("of %d amounts is refused", (count) => {
    expect(() => averageMoney(1, count)).toThrow(expect.objectContaining({ code: "AMOUNT_INVALID" }));
  });
});

describe("the lists", () => {
  it("hold codes of the right shape, once each, in order", () => {
    for (const [codes, shape] of [
      [currencyCodes, /^[A-Z]{3}$/],
      [countryCodes, /^[A-Z]{2}$/],
    ] as const) {
      expect(codes.filter((code) => !shape.test(code))).toEqual([]);
      expect([...new Set(codes)].sort()).toEqual(codes);
    }
  });

  it("hold the 249 countries and the currencies that are in use", () => {
    expect(countryCodes).toHaveLength(249);
    expect(currencyCodes).toEqual(expect.arrayContaining(["EUR", "USD", "GBP", "JPY", "CHF", "CNY", "INR"]));
    const known = new Set(Intl.supportedValuesOf("currency"));
    // Funds codes, which the platform leaves out, and codes newer than some builds of its list.
    const others = "BOV CHE CHW CLF COU MXV USN UYI UYW VED XCG SLE".split(" ");
    for (const other of others) known.add(other);
    expect(currencyCodes.filter((code) => !known.has(code))).toEqual([]);
  });
});
