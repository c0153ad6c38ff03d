// What a refused request is answered with, by code; the shape is service-kit's (problem-details.ts).
//
//   Q1. No answer repeats a value that was sent: names of fields, kinds and positions only.
//   Q2. Every 503 says whether the transaction may have been recorded.

import { type ProblemDetails, problemMembers } from "@riffle/service-kit/process";
import type { JsonFault } from "./json/strict-json.ts";

/** Every problem this service answers with. */
export const problems = {
  "malformed-request": { status: 400, title: "The request is not well-formed HTTP" },
  "idempotency-key-mismatch": { status: 400, title: "The Idempotency-Key and the body's id are two" },
  "malformed-json": { status: 400, title: "The body is not strict JSON" },
  "invalid-transaction": { status: 400, title: "The body is not a transaction that can be accepted" },
  unauthenticated: { status: 401, title: "The request does not say who sends it" },
  "scope-missing": { status: 403, title: "This sender may not do that" },
  "unknown-path": { status: 404, title: "There is nothing at this path" },
  "transaction-not-kept": { status: 404, title: "Ingest does not keep transactions" },
  "method-not-allowed": { status: 405, title: "This path does not take this method" },
  "request-timeout": { status: 408, title: "The request took too long to arrive" },
  "id-conflict": { status: 409, title: "This id came before with other content" },
  "body-too-large": { status: 413, title: "The transaction is larger than 64 KiB" },
  "batch-too-large": { status: 413, title: "The batch is larger than 8 MiB or 10,000 transactions" },
  "path-too-long": { status: 414, title: "The path is longer than any this service has" },
  "unsupported-media-type": {
    status: 415,
    title: "The body is of a media type that this path does not take",
  },
  "too-many-requests": { status: 429, title: "This sender sends more than was agreed" },
  "headers-too-large": { status: 431, title: "The headers are larger than 16 KiB" },
  "internal-error": { status: 500, title: "The service failed; this is our fault" },
  "not-recorded-in-time": { status: 503, title: "The transaction could not be recorded for certain" },
  overloaded: { status: 503, title: "The service has more to do than it can" },
  "kafka-unreachable": { status: 503, title: "Kafka does not answer" },
  "authority-unreachable": { status: 503, title: "The keys of the token's issuer cannot be read" },
} as const;

/** A stable code of {@link problems}. */
export type ProblemCode = keyof typeof problems;

/** One thing that is wrong with the body. */
export interface ProblemItem {
  /** The field, `amount` or `metadata.note`; empty when it is the body as a whole. */
  readonly field: string;
  /** Which rule was broken, stable. */
  readonly code: string;
  /** Where it stands in the body, or in its line of a batch: the first byte, from 0. */
  readonly byteAt: number;
  /** One sentence. */
  readonly message: string;
  /** What to do, where there is more to say. */
  readonly hint?: string;
}

/** A problem, ready to be answered. */
export interface Problem extends Omit<ProblemDetails<ProblemCode>, "members"> {
  readonly errors?: readonly ProblemItem[];
}

/** The body of the answer, as JSON text. `requestId` is the one of the X-Request-Id header, where there is one. */
export function problemBody({ errors, ...problem }: Problem, requestId?: string): string {
  return JSON.stringify(problemMembers(problems, { ...problem, members: { errors } }, requestId));
}

/** The problem that a fault in the JSON is. */
export function jsonProblem({ code, message, byteAt, path }: JsonFault): Problem {
  const where = `${message} (byte ${byteAt})`;
  return {
    code: "malformed-json",
    detail: `The body could not be read: ${where}.`,
    errors: [{ field: path, code, byteAt, message: where }],
  };
}

/** The problem of a transaction that breaks its contract. */
export function invalidTransactionProblem(errors: readonly ProblemItem[]): Problem {
  const count = errors.length === 1 ? "1 rule is" : `${errors.length} rules are`;
  return { code: "invalid-transaction", detail: `${count} broken; nothing was recorded.`, errors };
}

/** The answer when Kafka refused, failed or was too slow: whether the transaction was recorded is not known. */
export const notRecordedInTime: Problem = {
  code: "not-recorded-in-time",
  detail:
    "Not every in-sync replica confirmed the transaction in time, so it may or may not have been recorded. Send it again unchanged, with the same id: it takes effect once.",
};

/** The answer when so many sends are unsettled that no more are begun. */
export const overloaded: Problem = {
  code: "overloaded",
  detail: "Too many transactions are waiting for Kafka. This one was not recorded; send it again later.",
};

/** The answer when this process cannot keep up with its requests. */
export const underPressure: Problem = {
  code: "overloaded",
  detail: "The service is behind with its requests. Nothing was recorded; send it again later.",
};

/** The answer while Kafka is out of reach and no more sends are begun. */
export const kafkaUnreachable: Problem = {
  code: "kafka-unreachable",
  detail:
    "Kafka has not confirmed anything for a while. This transaction was not recorded; send it again later.",
};

/** The answer to an id that was recorded a moment ago with other content, or for another account. */
export const idConflict: Problem = {
  code: "id-conflict",
  detail:
    "A moment ago this id came with other content, or for another account. This one has no effect: it was recorded for the filter to put it into transactions.rejected.v1 as a conflict. Give another transaction an id of its own.",
};

const bodyTooLargeDetail = "A transaction has at most 65536 bytes; most have a few hundred.";

/** The answer to a transaction of more than 64 KiB. */
export const bodyTooLarge: Problem = { code: "body-too-large", detail: bodyTooLargeDetail };

/** What Fastify's errors mean in our words, by their code. */
const fastifyProblems: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: "body-too-large",
    detail: bodyTooLargeDetail,
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: "unsupported-media-type",
    detail: "Send the transaction with Content-Type: application/json.",
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: "malformed-request",
    detail: "The body is not as long as its Content-Length says.",
  },
  FST_ERR_BAD_URL: { code: "malformed-request", detail: "The path has an escape that is not UTF-8." },
  FST_ERR_MAX_PARAM_LENGTH: {
    code: "path-too-long",
    detail: "The id in the path has at most 64 characters.",
  },
};

/** The problem behind an error of the HTTP framework; `undefined` when the error is ours. */
export function frameworkProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const known = fastifyProblems[String(error.code)];
  if (known !== undefined) return known;
  const status = "statusCode" in error ? Number(error.statusCode) : 500;
  if (status < 400 || status > 499) return undefined;
  return { code: "malformed-request", detail: "The request could not be read." };
}

/** The problem behind a connection that Node's HTTP parser gave up. */
export function connectionProblem(code: string | undefined): Problem {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { code: "headers-too-large", detail: "Send fewer or shorter headers." };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return {
        code: "request-timeout",
        detail:
          "Headers must arrive within 5 s, the whole request within 10 s. Of a batch, what had arrived may have been recorded: send it again unchanged, with the same ids.",
      };
    default:
      return { code: "malformed-request", detail: "The request breaks the syntax of HTTP/1.1." };
  }
}
