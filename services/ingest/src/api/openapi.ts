// The OpenAPI 3.1 document of the API, made from the contract and from the registry of problems.
//
//   O1. Every route under /v1 is in it, and nothing else (test/unit/api/documents.test.ts).
//   O2. The body is the schema that the contract checks; a problem's code is one of the registry.

import { repeatRule, transactionInputSchema } from "@riffle/contracts";
import { batchBytesMax, linesMax } from "../batch/batch-run.ts";
import { type ProblemCode, problems } from "../problem.ts";

/** Version of the API. */
export const apiVersion = "1.0.0";

const example = {
  id: "tx-1",
  accountId: "acct-1",
  amount: 1250,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00.000Z",
};

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object): object => ({ "application/json": { schema } });

const requestIdHeader = {
  "X-Request-Id": { schema: { type: "string" }, description: "The request's own, or a new one." },
};
const retryHeader = {
  "Retry-After": { schema: { type: "integer" }, description: "Seconds after which to try again." },
};

function problemResponses(codes: readonly ProblemCode[]): Record<string, object> {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      String(status),
      {
        description: of.map((code) => `\`${code}\`: ${problems[code].title}`).join(". "),
        headers: status === 429 || status === 503 ? { ...requestIdHeader, ...retryHeader } : requestIdHeader,
        content: { "application/problem+json": { schema: ref("Problem") } },
      },
    ]),
  );
}

const always: readonly ProblemCode[] = [
  "malformed-request",
  "unauthenticated",
  "scope-missing",
  "request-timeout",
  "headers-too-large",
  "internal-error",
  "authority-unreachable",
  "overloaded",
];
const ofBodies: readonly ProblemCode[] = [
  "malformed-json",
  "idempotency-key-mismatch",
  "unsupported-media-type",
  "too-many-requests",
];
const ofOne: readonly ProblemCode[] = [
  "invalid-transaction",
  "id-conflict",
  "body-too-large",
  "not-recorded-in-time",
  "kafka-unreachable",
];

const traceparent = {
  name: "traceparent",
  in: "header",
  required: false,
  schema: { type: "string" },
  description: "W3C trace context; passed on unchanged to every record and alert.",
};

const postTransaction = {
  operationId: "postTransaction",
  summary: "Send one transaction",
  description: `202 means that every in-sync replica has it. After 503, or no answer, send it again unchanged: it takes effect once. ${repeatRule}`,
  parameters: [
    traceparent,
    {
      name: "Idempotency-Key",
      in: "header",
      required: false,
      schema: { type: "string" },
      description: "Another place for the id; when the body has one too, they must be equal.",
    },
  ],
  requestBody: {
    required: true,
    content: { "application/json": { schema: ref("TransactionInput"), example } },
  },
  responses: {
    "202": {
      description: "Recorded",
      headers: {
        ...requestIdHeader,
        Location: { schema: { type: "string" } },
        "Idempotency-Replayed": {
          schema: { const: "true" },
          description: "There when the same was answered a moment ago, and was not recorded again.",
        },
      },
      content: json(ref("Accepted")),
    },
    ...problemResponses([...always, ...ofBodies, ...ofOne]),
  },
};

const results = {
  "application/x-ndjson": { schema: ref("BatchResult") },
  "application/json": { schema: { type: "array", items: ref("BatchResult") } },
};

const postBatch = {
  operationId: "postTransactions",
  summary: "Send many transactions",
  description: `NDJSON, one transaction a line, or a JSON list; at most ${linesMax} transactions and ${batchBytesMax} bytes. The answer has one result for each, in order, in the format of the request.`,
  parameters: [traceparent],
  requestBody: {
    required: true,
    content: {
      "application/x-ndjson": { schema: ref("TransactionInput"), example: `${JSON.stringify(example)}\n` },
      "application/json": { schema: { type: "array", items: ref("TransactionInput"), maxItems: linesMax } },
    },
  },
  responses: {
    "202": { description: "Every one was recorded", headers: requestIdHeader, content: results },
    "207": {
      description: "Not all were recorded: see each result",
      headers: requestIdHeader,
      content: results,
    },
    ...problemResponses([...always, ...ofBodies, "batch-too-large"]),
  },
};

const getTransaction = {
  operationId: "getTransaction",
  summary: "Where a transaction is to be found",
  description: "Always 404: ingest keeps no transactions, and says where to look.",
  parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
  responses: problemResponses([...always, "transaction-not-kept", "path-too-long"]),
};

const problemSchema = {
  type: "object",
  description: "RFC 9457 problem details; program against `code`.",
  required: ["type", "title", "status", "code", "detail"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { enum: Object.keys(problems) },
    detail: { type: "string" },
    errors: { type: "array", items: ref("ProblemItem") },
    requestId: { type: "string" },
  },
};

const problemItemSchema = {
  type: "object",
  required: ["field", "code", "byteAt", "message"],
  properties: {
    field: { type: "string", description: "empty when it is the body as a whole" },
    code: { type: "string" },
    byteAt: { type: "integer", minimum: 0, description: "where it stands in the body, or in its line" },
    message: { type: "string" },
    hint: { type: "string" },
  },
};

const batchResultSchema = {
  type: "object",
  required: ["line", "status"],
  properties: {
    line: { type: "integer", minimum: 1, description: "number of the line, or of the element of the list" },
    status: { type: "integer", description: "the status it would have had by itself" },
    id: { type: "string" },
    accountId: { type: "string" },
    code: { enum: Object.keys(problems) },
    detail: { type: "string" },
    errors: { type: "array", items: ref("ProblemItem"), maxItems: 5 },
  },
};

const acceptedSchema = {
  type: "object",
  required: ["id", "accountId", "status"],
  properties: { id: { type: "string" }, accountId: { type: "string" }, status: { const: "accepted" } },
};

/** The document, as an object that JSON can hold. */
export function openApiDocument(): object {
  return JSON.parse(
    JSON.stringify({
      openapi: "3.1.0",
      info: {
        title: "Riffle ingest",
        version: apiVersion,
        description:
          "Takes transactions and puts them on Kafka; 202 means that every in-sync replica has them.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      security: [{}, { bearer: [] }, { apiKey: [] }],
      paths: {
        "/v1/transactions": { post: postTransaction },
        "/v1/transactions/batch": { post: postBatch },
        "/v1/transactions/{id}": { get: getTransaction },
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "an API key or a JSON Web Token" },
          apiKey: { type: "apiKey", in: "header", name: "X-Api-Key" },
        },
        schemas: {
          TransactionInput: transactionInputSchema,
          Accepted: acceptedSchema,
          BatchResult: batchResultSchema,
          Problem: problemSchema,
          ProblemItem: problemItemSchema,
        },
      },
    }),
  );
}
