// Acceptance: the bytes of a request → the record to send, or everything that is wrong with them. Pure.

import {
  checkEventTime,
  explainTransactionInput,
  parseEventTime,
  type Transaction,
  type TransactionInput,
  topics,
  toTransaction,
  type Violation,
} from "@riffle/contracts";
import { parseStrictJson, type SpelledNumber } from "./json/strict-json.ts";
import { invalidTransactionProblem, jsonProblem, type Problem } from "./problem.ts";

/** What becomes of a request's body. */
export type Acceptance =
  | {
      readonly kind: "accepted";
      /** In its canonical form: defaults filled in, fields ordered. */
      readonly transaction: Transaction;
      /** The transaction as the topic carries it. */
      readonly value: Uint8Array;
      /** Event time, epoch milliseconds. */
      readonly occurredAtMs: number;
    }
  | { readonly kind: "refused"; readonly problem: Problem };

/**
 * Judges the body of a request.
 *
 * @param bytes the body, unread
 * @param nowMs the wall clock, epoch milliseconds; event times are refused too far ahead of it or behind it
 */
export function acceptTransaction(bytes: Uint8Array, nowMs: number): Acceptance {
  const parsed = parseStrictJson(bytes);
  if (parsed.kind === "fault") return { kind: "refused", problem: jsonProblem(parsed.fault) };
  const violations = [
    ...explainTransactionInput(parsed.value),
    ...explainAmountSpelling(parsed.spelledNumbers),
  ];
  const timely = violations.some((v) => v.field === "occurredAt" || v.field === "")
    ? undefined
    : explainTimeliness(parsed.value as TransactionInput, nowMs);
  if (timely !== undefined) violations.push(timely);
  if (violations.length > 0) {
    return { kind: "refused", problem: invalidTransactionProblem(onePerField(violations)) };
  }
  // No violation means that the value is a TransactionInput (contracts, V1).
  const transaction = toTransaction(parsed.value as TransactionInput);
  return {
    kind: "accepted",
    transaction,
    value: topics.transactionsReceived.codec.encode(transaction),
    occurredAtMs: parseEventTime(transaction.occurredAt),
  };
}

function explainTimeliness(input: TransactionInput, nowMs: number): Violation | undefined {
  return checkEventTime(parseEventTime(input.occurredAt), nowMs);
}

/**
 * An amount is spelled as plain digits. 1e3 and 100.0 are integers to JSON, and 100.00000000000000001 reads as one:
 * whoever writes these computes money in floating point, and sooner or later sends a wrong amount.
 */
function explainAmountSpelling(spelledNumbers: readonly SpelledNumber[]): Violation[] {
  return spelledNumbers
    .filter((number) => number.path === "amount")
    .map(({ spelling }) => ({
      field: "amount",
      code: "invalid",
      message: `amount must be spelled as plain digits; found ${amountSpellings[spelling]}`,
      hint: "write 12.50 EUR as 1250, a number without quotes",
    }));
}

const amountSpellings: Readonly<Record<SpelledNumber["spelling"], string>> = {
  fraction: "a decimal point",
  exponent: "an exponent",
  "beyond-exact": "an integer too large to be exact",
};

/** The first violation of each field: the contract's word on an amount goes before that on its spelling. */
function onePerField(violations: readonly Violation[]): Violation[] {
  const seen = new Set<string>();
  return violations.filter(({ field, code }) => {
    if (field !== "amount" || code !== "invalid") return true;
    const first = !seen.has(field);
    seen.add(field);
    return first;
  });
}
