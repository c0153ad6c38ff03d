// Violations: everything that is wrong with a request, at once, in words for the person who sent it.
//
//   V1. No violation means that the validator of `TransactionInput` accepts the value, and the other way round
//       (test/unit/violations.test.ts).
//   V2. All of them are reported, up to 100, in the order of the schema, then unknown fields, then rules between
//       fields. The limit keeps a hostile body from being answered with a longer one.
//   V3. No message repeats a value that was sent; names of unknown fields are cut at 64 characters.
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { eventAgeMaxMs, eventTimeAheadMaxMs } from "./event-time.ts";
import { describeFound } from "./found.ts";
import { nearestName } from "./near-miss.ts";
import {
  metadataNamePattern,
  metadataPairsMax,
  metadataValuePattern,
  transactionChannels,
  transactionInputSchema,
  transactionTypes,
} from "./transaction.ts";

/** Which rule was broken, stable, for programs. */
export type ViolationCode =
  /** The body is not a JSON object. */
  | "not-an-object"
  /** A field that must be there is absent. */
  | "required"
  /** A field is there that nobody knows. */
  | "unknown-field"
  /** A field's value breaks the rule that the message states. */
  | "invalid"
  /** Latitude without longitude, or the other way round. */
  | "incomplete-location"
  /** More metadata pairs than allowed. */
  | "too-many-pairs"
  /** The event time is more than 5 minutes ahead of our clock. */
  | "too-far-ahead"
  /** The event time is more than 7 days ago. */
  | "too-old";

/** One thing that is wrong with a request. */
export interface Violation {
  /** The field, `amount` or `metadata.note`; empty when it is the body as a whole. */
  readonly field: string;
  readonly code: ViolationCode;
  /** One sentence: the rule and what kind of value was found. */
  readonly message: string;
  /** What to do, where there is more to say: `did you mean accountId?` */
  readonly hint?: string;
}

/** The most violations that one answer lists. */
export const violationsMax = 100;

interface FieldRule {
  readonly rule: string;
  readonly hint?: string;
}

const idRule: FieldRule = { rule: "must be 1 to 64 of A-Z a-z 0-9 . _ : -" };
const textRule: FieldRule = { rule: "must be text of 1 to 128 characters without control characters" };

const fieldRules: Readonly<Record<string, FieldRule>> = {
  id: idRule,
  accountId: idRule,
  amount: {
    rule: "must be an integer of minor units from 1 to 9007199254740991",
    hint: "write 12.50 EUR as 1250, a number without quotes",
  },
  currency: { rule: "must be an upper-case ISO 4217 code", hint: "such as EUR, USD or JPY" },
  occurredAt: {
    rule: "must be a real RFC 3339 time with offset, at most milliseconds",
    hint: "such as 2026-03-01T12:00:00.000Z or 2026-03-01T13:00:00+01:00",
  },
  type: { rule: `must be one of ${transactionTypes.join(", ")}` },
  channel: { rule: `must be one of ${transactionChannels.join(", ")}` },
  merchantId: textRule,
  merchantCategory: { rule: "must be a merchant category code of 4 digits, as text" },
  country: { rule: "must be an upper-case ISO 3166-1 alpha-2 code", hint: "such as DE or US" },
  latitude: { rule: "must be a number of degrees from -90 to 90" },
  longitude: { rule: "must be a number of degrees from -180 to 180" },
  deviceId: textRule,
  ipAddress: { rule: "must be an IPv4 or IPv6 address" },
  counterpartyId: textRule,
};

const properties: Readonly<Record<string, TSchema>> = transactionInputSchema.properties;
const knownFields = Object.keys(properties);
const requiredFields: readonly string[] = transactionInputSchema.required;
const compiledFields = knownFields.map((field) => ({ field, validator: Compile(properties[field] ?? {}) }));
const metadataNameExpression = new RegExp(metadataNamePattern, "u");
const metadataValueExpression = new RegExp(metadataValuePattern, "u");

/**
 * Everything that keeps `value` from being a `TransactionInput`, in words for its sender; empty when nothing does.
 * Event time against the clock is a question of its own: {@link checkEventTime}.
 */
export function explainTransactionInput(value: unknown): Violation[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = `the body must be one JSON object; found ${describeFound(value)}`;
    return [{ field: "", code: "not-an-object", message }];
  }
  const body = value as Readonly<Record<string, unknown>>;
  const violations = [...explainKnownFields(body), ...explainUnknownFields(body), ...explainLocation(body)];
  return violations.slice(0, violationsMax);
}

/**
 * What is wrong with an event time, given our clock; `undefined` when nothing is. Exactly 5 minutes ahead and exactly
 * 7 days old are accepted.
 *
 * @param occurredAtMs the event time in epoch milliseconds, of `parseEventTime`
 * @param nowMs the wall clock in epoch milliseconds
 */
export function checkEventTime(occurredAtMs: number, nowMs: number): Violation | undefined {
  const field = "occurredAt";
  if (occurredAtMs > nowMs + eventTimeAheadMaxMs) {
    const message = "occurredAt must not be more than 5 minutes ahead of our clock";
    return { field, code: "too-far-ahead", message, hint: "check the clock and the offset of the sender" };
  }
  if (occurredAtMs < nowMs - eventAgeMaxMs) {
    const message = "occurredAt must not be more than 7 days ago";
    return { field, code: "too-old", message, hint: "older transactions cannot be screened" };
  }
  return undefined;
}

function explainKnownFields(body: Readonly<Record<string, unknown>>): Violation[] {
  const violations: Violation[] = [];
  for (const { field, validator } of compiledFields) {
    const value = Object.hasOwn(body, field) ? body[field] : undefined;
    if (value === undefined) {
      if (requiredFields.includes(field)) {
        violations.push(violation(field, "required", `${field} is required and ${rule(field)}`));
      }
    } else if (field === "metadata") {
      violations.push(...explainMetadata(value));
    } else if (!validator.Check(value)) {
      violations.push(violation(field, "invalid", `${field} ${rule(field)}; found ${describeFound(value)}`));
    }
  }
  return violations;
}

function explainMetadata(value: unknown): Violation[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = `metadata must be an object of text values; found ${describeFound(value)}`;
    return [{ field: "metadata", code: "invalid", message }];
  }
  const violations: Violation[] = [];
  const pairs = Object.entries(value);
  if (pairs.length > metadataPairsMax) {
    const message = `metadata must have at most ${metadataPairsMax} pairs; found ${pairs.length}`;
    violations.push({ field: "metadata", code: "too-many-pairs", message });
  }
  for (const [name, text] of pairs.slice(0, violationsMax)) {
    const field = `metadata.${name.slice(0, 64)}`;
    if (!metadataNameExpression.test(name)) {
      violations.push({ field, code: "invalid", message: "a metadata name must have 1 to 64 characters" });
    }
    if (typeof text !== "string" || !metadataValueExpression.test(text)) {
      const message = `${field} must be text of at most 256 characters; found ${describeFound(text)}`;
      violations.push({ field, code: "invalid", message });
    }
  }
  return violations;
}

function explainUnknownFields(body: Readonly<Record<string, unknown>>): Violation[] {
  const violations: Violation[] = [];
  for (const name of Object.keys(body)) {
    if (Object.hasOwn(properties, name)) continue;
    if (violations.length === violationsMax) break;
    const field = name.slice(0, 64);
    const meant = nearestName(name, knownFields);
    const message = `${field} is not a field of a transaction`;
    const hint = meant === undefined ? "put your own fields into metadata" : `did you mean ${meant}?`;
    violations.push({ field, code: "unknown-field", message, hint });
  }
  return violations;
}

function explainLocation(body: Readonly<Record<string, unknown>>): Violation[] {
  const latitude = Object.hasOwn(body, "latitude");
  if (latitude === Object.hasOwn(body, "longitude")) return [];
  const [field, other] = latitude ? ["longitude", "latitude"] : ["latitude", "longitude"];
  return [{ field, code: "incomplete-location", message: `${field} is required together with ${other}` }];
}

function rule(field: string): string {
  return fieldRules[field]?.rule ?? "must fit the schema";
}

function violation(field: string, code: ViolationCode, message: string): Violation {
  const hint = fieldRules[field]?.hint;
  return hint === undefined ? { field, code, message } : { field, code, message, hint };
}
