// Money: integer minor units and an ISO 4217 currency; no floating point anywhere.
//
//   M1. An amount is an integer that a number holds exactly, |amount| <= 2^53-1.
//   M2. Arithmetic that would leave that range throws and never rounds.
//   M3. Amounts of different currencies are never added; that is why nothing here converts.
import { ContractError } from "./errors.ts";
import { describeFound } from "./found.ts";

/** The largest amount: 2^53-1 minor units, beyond which a JSON number stops being exact. */
export const amountMax = Number.MAX_SAFE_INTEGER;

// The alphabetic codes of ISO 4217 with a minor unit, by its exponent. Left out: metals, bond-market units, the testing
// code and "no currency" (XAU, XBA, XTS, XXX ...), which have none. Kept though withdrawn lately, because refunds still
// arrive in them: ANG (2025), BGN (2026).
const codesByExponent: ReadonlyArray<readonly [exponent: number, codes: string]> = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [
    2,
    `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
     CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
     IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
     MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS
     SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`,
  ],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
];

const exponents: ReadonlyMap<string, number> = new Map(
  codesByExponent.flatMap(([exponent, codes]) =>
    codes.split(/\s+/).map((code): [string, number] => [code, exponent]),
  ),
);

/** Every currency an amount may have, alphabetically. */
export const currencyCodes: readonly string[] = [...exponents.keys()].sort();

/**
 * How many decimal digits the minor unit of a currency has: 2 for EUR, 0 for JPY, 3 for KWD.
 * @throws ContractError `CURRENCY_UNKNOWN`
 */
export function minorUnitExponent(currency: string): number {
  const exponent = exponents.get(currency);
  if (exponent !== undefined) return exponent;
  const found = describeFound(currency);
  const message = `look up a currency: found ${found} that is no code of the list; give an upper-case ISO 4217 code`;
  throw new ContractError("CURRENCY_UNKNOWN", message, { field: "currency" });
}

/**
 * An amount for people to read: `formatMoney(120000, "EUR")` is `1,200.00 EUR`. The same on every machine: it asks no
 * locale.
 *
 * @param amount integer minor units; negative ones get a leading `-`
 * @throws ContractError `AMOUNT_INVALID`, `CURRENCY_UNKNOWN`
 */
export function formatMoney(amount: number, currency: string): string {
  requireExact("format an amount", amount);
  const exponent = minorUnitExponent(currency);
  const digits = String(Math.abs(amount)).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = exponent === 0 ? "" : `.${digits.slice(-exponent)}`;
  return `${amount < 0 ? "-" : ""}${whole}${fraction} ${currency}`;
}

/**
 * `a + b` in minor units of one currency, exactly.
 *
 * Sums stay numbers rather than big integers: 2^53-1 minor units are 90 million million euros for one account in one
 * window, so what goes beyond is no payment but a fault or an attack, and is refused by name.
 *
 * @throws ContractError `AMOUNT_INVALID` when one of them is no exact integer, `AMOUNT_OVERFLOW` when the sum would
 * lie beyond 2^53-1
 */
export function addMoney(a: number, b: number): number {
  requireExact("add amounts", a);
  requireExact("add amounts", b);
  const sum = a + b;
  if (Number.isSafeInteger(sum)) return sum;
  const message =
    "add amounts: the sum lies beyond 2^53-1 minor units; dead-letter the record and look at its amount";
  throw new ContractError("AMOUNT_OVERFLOW", message, { field: "amount" });
}

/**
 * The mean of `count` amounts: `sum / count` in minor units, a fraction kept.
 *
 * Rounding: the quotient is the double nearest to the true one (IEEE 754, ties to even), the same on every machine.
 * 301 over 3 is 100.33333333333333. Nothing is rounded to whole minor units; whoever shows it decides that.
 *
 * @throws ContractError `AMOUNT_INVALID` when the sum is no exact integer or the count no positive one
 */
export function averageMoney(sum: number, count: number): number {
  requireExact("average amounts", sum);
  if (Number.isSafeInteger(count) && count > 0) return sum / count;
  const message = `average amounts: found ${describeFound(count)} as the count; give a positive integer`;
  throw new ContractError("AMOUNT_INVALID", message, { field: "count" });
}

function requireExact(attempted: string, amount: number): void {
  if (Number.isSafeInteger(amount)) return;
  const message = `${attempted}: found ${describeFound(amount)}; give an integer of minor units within 2^53-1`;
  throw new ContractError("AMOUNT_INVALID", message, { field: "amount" });
}
