// ContractError: the one error of this package, and the registry of its codes.
//
//   E1. Every error has a code of the registry; a code is never renamed nor used again for something else.
//   E2. A message says what was attempted, what was found and what to do. It names fields and kinds of value and
//       never repeats a value: what does not fit the contract may still be somebody's account or card.

/** What one code means and what a reader of the log should do about it. */
export interface ContractErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

/** Every code of {@link ContractError}. `docs/errors.md` is made from it. */
export const contractErrors = {
  SCHEMA_MISSING: {
    meaning: "A record has no `schema` header, so nobody can say what its value is.",
    remedy: "Find the producer of the record; every producer of the pipeline writes the header of its codec.",
  },
  SCHEMA_MISMATCH: {
    meaning:
      "The `schema` header names another kind of value than its topic carries, or is not `<name>/<version>`.",
    remedy: "Find the producer that wrote to the wrong topic; each topic has one owner (topics.ts).",
  },
  SCHEMA_UNKNOWN_VERSION: {
    meaning: "The `schema` header names a version that this build cannot read.",
    remedy: "Deploy readers before writers; then send the dead letters again.",
  },
  VALUE_TOMBSTONE: {
    meaning: "A record has a null value (a tombstone) where a value is required.",
    remedy: "Handle tombstones before decoding, or find the producer that wrote one.",
  },
  VALUE_NOT_UTF8: {
    meaning: "The bytes of a value are not UTF-8.",
    remedy: "Find the producer: it writes another encoding, or compresses or encrypts the value itself.",
  },
  VALUE_NOT_JSON: {
    meaning: "The text of a value is not JSON.",
    remedy: "Find the producer: the value is cut short or is no JSON at all.",
  },
  VALUE_INVALID: {
    meaning:
      "A value is JSON and breaks a rule of its schema; the error's `field` names the first such field.",
    remedy: "Correct the producer; a new or changed field needs a new version of the schema.",
  },
  ID_INVALID: {
    meaning: "An identifier is not 1 to 64 characters of its alphabet.",
    remedy: "Use letters, digits, dot, underscore, colon and hyphen only.",
  },
  EVENT_TIME_INVALID: {
    meaning:
      "A time is not RFC 3339 with an offset and at most milliseconds, or names no real instant since 1970.",
    remedy: "Write it as 2026-03-01T12:00:00.000Z or with an offset such as +01:00.",
  },
  CURRENCY_UNKNOWN: {
    meaning: "A currency is not an alphabetic ISO 4217 code of the list.",
    remedy: "Use the upper-case code, such as EUR; a code that is missing is added in money.ts.",
  },
  AMOUNT_INVALID: {
    meaning: "An amount or a count is not an integer that a JavaScript number holds exactly.",
    remedy: "Give integer minor units (cents for EUR), never a fraction of them.",
  },
  AMOUNT_OVERFLOW: {
    meaning: "A sum of amounts lies beyond 2^53-1 minor units and could not be exact any more.",
    remedy:
      "Look at the amounts: a real account does not get there. The record belongs in the dead-letter topic.",
  },
} as const satisfies Record<string, ContractErrorEntry>;

/** A stable code of the registry {@link contractErrors}. */
export type ContractErrorCode = keyof typeof contractErrors;

/** What an error may say besides its message. */
export interface ContractErrorOptions {
  /** The field at fault, as a path: `amount`, `evidence.0.amount`. */
  readonly field?: string;
  /** The error beneath, where its message repeats no value. */
  readonly cause?: unknown;
}

/**
 * Bytes or a value that break the contract.
 *
 * It is thrown before anything was changed, and trying again with the same bytes gives the same error: a record that
 * causes it belongs in the dead-letter topic with `code` as its reason.
 */
export class ContractError extends Error {
  override readonly name = "ContractError";
  /** Stable; one of {@link contractErrors}. */
  readonly code: ContractErrorCode;
  /** The field at fault, where there is one. */
  readonly field: string | undefined;
  /** Never: the same value breaks the same rule each time. Whoever would try again reads it, the engine's worker too. */
  readonly retriable = false;

  constructor(code: ContractErrorCode, message: string, options: ContractErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
  }
}
