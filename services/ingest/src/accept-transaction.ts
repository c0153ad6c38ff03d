// Acceptance: the bytes of one transaction → the record to send, or everything that is wrong with them. Pure.
//
//   A1. The quick way and the thorough way agree: what the first accepts has no violation, and what it leaves is read
//       again for its violations (test/unit/accept-transaction.test.ts).
//   A2. Every refusal says where: each error has the position of its value in the bytes, from 0.

import {
  checkEventTime,
  explainTransactionInput,
  parseEventTime,
  type Transaction,
  type TransactionInput,
  topics,
  toTransaction,
  transactionFields,
  type Violation,
} from "@riffle/contracts";
import { parseStrictJson, type SpelledNumber, valuePlaces } from "./json/strict-json.ts";
import { invalidTransactionProblem, jsonProblem, type Problem, type ProblemItem } from "./problem.ts";

/** A transaction that may be recorded. */
export interface Accepted {
  readonly kind: "accepted";
  /** In its canonical form: defaults filled in, fields ordered. */
  readonly transaction: Transaction;
  /** The transaction as the topic carries it. */
  readonly value: Uint8Array;
  /** Event time, epoch milliseconds. */
  readonly occurredAtMs: number;
}

/** What becomes of the bytes of a transaction. */
export type Acceptance = Accepted | { readonly kind: "refused"; readonly problem: Problem };

type Fields = Readonly<Record<string, unknown>>;

const { codec } = topics.transactionsReceived;
const knownFields: ReadonlySet<string> = new Set(transactionFields);

/**
 * Judges the bytes of one transaction.
 *
 * @param bytes a request's body, or a line of it, unread
 * @param nowMs the wall clock, epoch milliseconds; event times are refused too far ahead of it or behind it
 * @param idempotencyKey the id that the request's header gave, which the body may leave out and must not contradict
 */
export function acceptTransaction(bytes: Uint8Array, nowMs: number, idempotencyKey?: string): Acceptance {
  const parsed = parseStrictJson(bytes);
  if (parsed.kind === "fault") return { kind: "refused", problem: jsonProblem(parsed.fault) };
  const { value, spelledNumbers } = parsed;
  if (!isFields(value)) return refusal(bytes, explainTransactionInput(value));
  const mismatch = idempotencyKey !== undefined && "id" in value && value["id"] !== idempotencyKey;
  if (mismatch) return { kind: "refused", problem: idMismatch };
  const fields = idempotencyKey === undefined ? value : { ...value, id: idempotencyKey };
  return acceptAtOnce(fields, spelledNumbers, nowMs) ?? explain(bytes, fields, spelledNumbers, nowMs);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The quick way: one check, that of the codec. `undefined` when there is anything to explain. */
function acceptAtOnce(
  fields: Fields,
  spelled: readonly SpelledNumber[],
  nowMs: number,
): Accepted | undefined {
  for (const name in fields) if (!knownFields.has(name)) return undefined;
  // What toTransaction would make into something else.
  if (fields["type"] === null) return undefined;
  if (fields["metadata"] !== undefined && !isFields(fields["metadata"])) return undefined;
  if (spelled.some(({ path }) => path === "amount")) return undefined;
  const transaction = toTransaction(fields as TransactionInput);
  const value = encoded(transaction);
  if (value === undefined) return undefined;
  const occurredAtMs = parseEventTime(transaction.occurredAt);
  if (checkEventTime(occurredAtMs, nowMs) !== undefined) return undefined;
  return { kind: "accepted", transaction, value, occurredAtMs };
}

function encoded(transaction: Transaction): Uint8Array | undefined {
  try {
    return codec.encode(transaction);
  } catch {
    return undefined;
  }
}

/** The thorough way: all that is wrong, in words. */
function explain(
  bytes: Uint8Array,
  fields: Fields,
  spelled: readonly SpelledNumber[],
  nowMs: number,
): Acceptance {
  const violations = [...explainTransactionInput(fields), ...explainAmountSpelling(spelled)];
  const timely = violations.some((v) => v.field === "occurredAt" || v.field === "")
    ? undefined
    : checkEventTime(parseEventTime(String(fields["occurredAt"])), nowMs);
  if (timely !== undefined) violations.push(timely);
  return refusal(bytes, violations);
}

function refusal(bytes: Uint8Array, violations: readonly Violation[]): Acceptance {
  const places = valuePlaces(bytes);
  const items = onePerField(violations).map((violation): ProblemItem => {
    const byteAt = places.get(violation.field) ?? places.get("") ?? 0;
    return { ...violation, byteAt };
  });
  return { kind: "refused", problem: invalidTransactionProblem(items) };
}

/** The problem of a body and a header that name two ids. */
const idMismatch: Problem = {
  code: "idempotency-key-mismatch",
  detail:
    "The id in the body is not the Idempotency-Key of the request; nothing was recorded. Send one of them, or the same in both.",
};

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
