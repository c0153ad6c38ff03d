// Integers that stay exact beyond 2^53 and survive JSON: a number as long as it is one exactly, decimal digits beyond.
//
//   E1. Every integer has one form, so that state can be compared as text.

/** An integer of at least 0: a number up to 2^53-1, decimal digits above. */
export type ExactInteger = number | string;

const formOf = (value: bigint): ExactInteger =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);

/** `a + b`. */
export const addExact = (a: ExactInteger, b: ExactInteger): ExactInteger => {
  if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a + b)) return a + b;
  return formOf(BigInt(a) + BigInt(b));
};

/** `n * n`. */
export const squareExact = (n: number): ExactInteger => {
  const square = n * n;
  return Number.isSafeInteger(square) ? square : formOf(BigInt(n) * BigInt(n));
};
