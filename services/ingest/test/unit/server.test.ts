// A bug here records what nobody sent, refuses what is right, or lets a bad request through to Kafka.

import { describe, expect, it } from "vitest";
import { problems } from "../../src/problem.ts";
import { edge, good, goodText, nowMs } from "./edge.ts";

describe("a good transaction", () => {
  it("is sent once, in canonical form, and answered 202 with its Location", async () => {
    const { post, sent } = edge();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const response = await post(goodText(), { traceparent, "x-request-id": "req-7" });
    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({ id: "tx-1", accountId: "acct-1", status: "accepted" });
    expect(response.headers).toMatchObject({
      location: "/v1/transactions/tx-1",
      "content-type": "application/json; charset=utf-8",
      "x-request-id": "req-7",
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      topic: "transactions.received.v1",
      key: "acct-1",
      timestampMs: nowMs - 1_000,
      headers: { schema: "transaction/1", traceparent, "received-at": String(nowMs) },
    });
    expect(JSON.parse(Buffer.from(sent[0]?.value ?? []).toString())).toEqual({ ...good, type: "purchase" });
  });

  it.each([
    ["no", undefined],
    ["a malformed", "00-xyz"],
    ["an all-zero", "00-00000000000000000000000000000000-b7ad6b7169203331-01"],
    ["a forbidden version of a", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ])("with %s traceparent starts a new trace", async (_, traceparent) => {
    const { post, sent } = edge();
    await post(goodText(), traceparent === undefined ? {} : { traceparent });
    expect(sent[0]?.headers["traceparent"]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(sent[0]?.headers["traceparent"]).not.toBe(traceparent);
  });

  it.each([undefined, "has space", "x".repeat(65), "line\tbreak"])(
    "with the request id %j gets one of ours",
    async (id) => {
      const { post } = edge();
      const response = await post(goodText(), id === undefined ? {} : { "x-request-id": id });
      expect(response.headers["x-request-id"]).toMatch(/^[0-9a-f]{8}-/);
    },
  );

  it.each([
    "application/json; charset=utf-8",
    'Application/JSON;charset="UTF-8"',
    "application/json ; charset = utf-8",
  ])("may have the content type %s", async (type) => {
    const { post } = edge();
    expect((await post(goodText(), { "content-type": type })).statusCode).toBe(202);
  });

  it("may be at either edge of the times that are accepted", async () => {
    const { post } = edge();
    expect((await post(goodText(good.occurredAt, "2026-03-01T12:05:00Z"))).statusCode).toBe(202);
    const oldest = goodText(good.occurredAt, "2026-02-22T12:00:00Z").replace("tx-1", "tx-2");
    expect((await post(oldest)).statusCode).toBe(202);
  });
});

/** Name, body, code of the problem, field and code of the first error. */
const badBodies: readonly (readonly [string, string | Buffer, string, string, string])[] = [
  ["an empty body", "", "malformed-json", "", "json-empty"],
  ["malformed JSON", '{"id":', "malformed-json", "id", "json-syntax"],
  ["two values", `${goodText()}{}`, "malformed-json", "", "json-trailing-data"],
  [
    "a field twice",
    goodText('"amount":1250', '"amount":100,"amount":999'),
    "malformed-json",
    "amount",
    "json-duplicate-name",
  ],
  ["invalid UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), "malformed-json", "", "json-not-utf8"],
  ["half a surrogate", goodText("tx-1", "\\ud800"), "malformed-json", "id", "json-lone-surrogate"],
  ["__proto__", goodText("{", '{"__proto__":{"amount":1},'), "malformed-json", "", "json-forbidden-name"],
  ["a deep array", `{"metadata":${"[".repeat(30_000)}`, "malformed-json", "", "json-too-deep"],
  ["a byte order mark", `\ufeff${goodText()}`, "malformed-json", "", "json-syntax"],
  ["null", "null", "invalid-transaction", "", "not-an-object"],
  ["a list", `[${goodText()}]`, "invalid-transaction", "", "not-an-object"],
  ["a text", '"x"', "invalid-transaction", "", "not-an-object"],
  ["no id", goodText('"id":"tx-1",'), "invalid-transaction", "id", "required"],
  ["an id that is a number", goodText('"tx-1"', "1"), "invalid-transaction", "id", "invalid"],
  ["an id of 65 characters", goodText("tx-1", "x".repeat(65)), "invalid-transaction", "id", "invalid"],
  ["an id with a slash", goodText("tx-1", "a/b"), "invalid-transaction", "id", "invalid"],
  [
    "an account of other letters",
    goodText("acct-1", "konto-ß"),
    "invalid-transaction",
    "accountId",
    "invalid",
  ],
  ["an amount as text", goodText("1250", '"1250"'), "invalid-transaction", "amount", "invalid"],
  ["an amount in a list", goodText("1250", "[1250]"), "invalid-transaction", "amount", "invalid"],
  ["an amount of 12.5", goodText("1250", "12.5"), "invalid-transaction", "amount", "invalid"],
  ["an amount of 1250.0", goodText("1250", "1250.0"), "invalid-transaction", "amount", "invalid"],
  ["an amount of 1e3", goodText("1250", "1e3"), "invalid-transaction", "amount", "invalid"],
  [
    "an amount that rounds to an integer",
    goodText("1250", "100.00000000000000000001"),
    "invalid-transaction",
    "amount",
    "invalid",
  ],
  ["a negative amount", goodText("1250", "-1"), "invalid-transaction", "amount", "invalid"],
  ["an amount of 0", goodText("1250", "0"), "invalid-transaction", "amount", "invalid"],
  ["an amount of -0", goodText("1250", "-0"), "invalid-transaction", "amount", "invalid"],
  [
    "an amount of 2^53",
    goodText("1250", "9007199254740992"),
    "malformed-json",
    "amount",
    "json-number-too-large",
  ],
  [
    "an amount of 2^53+1",
    goodText("1250", "9007199254740993"),
    "malformed-json",
    "amount",
    "json-number-too-large",
  ],
  ["an amount of 1e400", goodText("1250", "1e400"), "malformed-json", "amount", "json-number-too-large"],
  ["a null amount", goodText("1250", "null"), "invalid-transaction", "amount", "invalid"],
  ["a currency in lower case", goodText("EUR", "eur"), "invalid-transaction", "currency", "invalid"],
  ["an unknown currency", goodText("EUR", "EUX"), "invalid-transaction", "currency", "invalid"],
  [
    "a date without a time",
    goodText(good.occurredAt, "2026-03-01"),
    "invalid-transaction",
    "occurredAt",
    "invalid",
  ],
  ["a time without an offset", goodText("59.000Z", "59.000"), "invalid-transaction", "occurredAt", "invalid"],
  ["30 February", goodText("2026-03-01", "2026-02-30"), "invalid-transaction", "occurredAt", "invalid"],
  ["24:00", goodText("11:59:59", "24:00:00"), "invalid-transaction", "occurredAt", "invalid"],
  ["microseconds", goodText(".000Z", ".000001Z"), "invalid-transaction", "occurredAt", "invalid"],
  [
    "epoch milliseconds",
    goodText(`"${good.occurredAt}"`, String(nowMs)),
    "invalid-transaction",
    "occurredAt",
    "invalid",
  ],
  [
    "5 min and 1 ms ahead",
    goodText(good.occurredAt, "2026-03-01T12:05:00.001Z"),
    "invalid-transaction",
    "occurredAt",
    "too-far-ahead",
  ],
  [
    "older than 7 days",
    goodText(good.occurredAt, "2026-02-22T11:59:59.999Z"),
    "invalid-transaction",
    "occurredAt",
    "too-old",
  ],
  [
    "a mistyped field",
    goodText("}", ',"chanel":"online"}'),
    "invalid-transaction",
    "chanel",
    "unknown-field",
  ],
  ["an unknown type", goodText("}", ',"type":"gift"}'), "invalid-transaction", "type", "invalid"],
  [
    "half a place",
    goodText("}", ',"latitude":1}'),
    "invalid-transaction",
    "longitude",
    "incomplete-location",
  ],
  [
    "a nested metadata",
    goodText("}", ',"metadata":{"a":{}}}'),
    "invalid-transaction",
    "metadata.a",
    "invalid",
  ],
  [
    "a name of Object's",
    goodText("}", ',"constructor":{}}'),
    "invalid-transaction",
    "constructor",
    "unknown-field",
  ],
];

describe("a bad body is answered 400, with the field, and nothing is sent", () => {
  it.each(badBodies)("%s", async (_, body, code, field, errorCode) => {
    const { post, sent, lines } = edge();
    const response = await post(body);
    const problem = response.json();
    expect({ status: response.statusCode, code: problem.code }).toEqual({ status: 400, code });
    if (code === "malformed-json") expect(problem.detail).toMatch(/byte \d+/);
    expect(problem.errors[0].byteAt).toBeGreaterThanOrEqual(0);
    expect(problem.errors[0]).toMatchObject(
      errorCode === "json-too-deep" ? { code: errorCode } : { field, code: errorCode },
    );
    expect(problem.type).toBe(`urn:riffle:problem:${code}`);
    expect(response.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(sent).toEqual([]);
    expect(lines).toEqual([]);
  });

  it("names all that is wrong at once, with suggestions, and one fault per amount", async () => {
    const { post } = edge();
    const body = { id: "", acountId: "a", amount: 12.5, currency: "EUR", occurredAt: good.occurredAt };
    const { errors } = (await post(JSON.stringify(body))).json();
    expect(errors.map((e: { field: string; code: string }) => `${e.field} ${e.code}`)).toEqual([
      "id invalid",
      "accountId required",
      "amount invalid",
      "acountId unknown-field",
    ]);
    expect(errors[3].hint).toBe("did you mean accountId?");
  });

  it("never repeats a value that was sent", async () => {
    const { post } = edge();
    for (const body of [
      goodText("1250", '"4111111111111111"'),
      goodText("tx-1", "4111 1111 1111 1111"),
      goodText("}", ',"metadata":{"note":4111111111111111}}'),
      '{"card":4111111111111111',
    ]) {
      expect((await post(body)).body.replaceAll(" ", "")).not.toContain("4111111111111111");
    }
  });
});

describe("a request that is no POST of JSON", () => {
  it.each([
    ["text/plain", 415],
    ["application/json, text/plain", 415],
    ["application/json; charset=utf-16", 415],
    ["application/json; a=b", 415],
    ["application/json;", 415],
    ["application/json;charset=utf-8;charset=utf-16", 415],
    ["application/jsonx", 415],
    ["application/vnd.api+json", 415],
    ["multipart/form-data; boundary=x", 415],
    ["application/x-www-form-urlencoded", 415],
    ["json", 415],
    ["application/json\t", 202],
  ])("with the content type %j is answered %i", async (type, status) => {
    const { post, sent } = edge();
    expect((await post(goodText(), { "content-type": type })).statusCode).toBe(status);
    expect(sent).toHaveLength(status === 202 ? 1 : 0);
  });

  it("without a content type is answered 415, with a body in gzip, too", async () => {
    const { app, post, sent } = edge();
    const bare = await app.inject({
      method: "POST",
      url: "/v1/transactions",
      payload: Buffer.from(goodText()),
    });
    expect([bare.statusCode, bare.json().code]).toEqual([415, "unsupported-media-type"]);
    expect((await post(goodText(), { "content-encoding": "gzip" })).statusCode).toBe(415);
    expect(sent).toEqual([]);
  });

  it("with a body of 1 MB is answered 413; 64 KiB are read, one byte more is not", async () => {
    const { post, sent } = edge();
    const huge = await post(goodText("}", `,"merchantId":"${"x".repeat(1_000_000)}"}`));
    expect([huge.statusCode, huge.json().code]).toEqual([413, "body-too-large"]);
    expect((await post(goodText().padEnd(64 * 1024))).statusCode).toBe(202);
    expect((await post(goodText().padEnd(64 * 1024 + 1))).statusCode).toBe(413);
    expect(sent).toHaveLength(1);
  });

  it.each([
    ["PUT", "/v1/transactions", 405, "POST"],
    ["GET", "/v1/transactions", 405, "POST"],
    ["GET", "/v1/transactions?limit=10", 405, "POST"],
    ["OPTIONS", "/v1/transactions", 405, "POST"],
    ["PUT", "/v1/transactions/batch", 405, "POST"],
    ["DELETE", "/v1/transactions/tx-1", 405, "GET, HEAD"],
    ["POST", "/v1/transactions/tx-1", 405, "GET, HEAD"],
    ["POST", "/openapi.json", 405, "GET, HEAD"],
    ["POST", "/docs", 405, "GET, HEAD"],
    ["GET", "/", 404, undefined],
    ["POST", "/v2/transactions", 404, undefined],
    ["POST", "/v1/transactions/", 404, undefined],
    ["POST", "/v1/transactions/tx-1/cancel", 404, undefined],
    ["GET", "/metrics", 404, undefined],
  ] as const)("%s %s is answered %i", async (method, url, status, allow) => {
    const { app, sent } = edge();
    const response = await app.inject({ method, url, ...(method === "POST" ? { payload: "<x/>" } : {}) });
    expect([response.statusCode, response.headers["allow"]]).toEqual([status, allow]);
    expect(response.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    const code = status === 405 ? "method-not-allowed" : "unknown-path";
    expect(response.json()).toMatchObject({ status, code, requestId: response.headers["x-request-id"] });
    expect(sent).toEqual([]);
  });

  it("GET of a transaction is a 404 that points to where it is; odd ids are no 5xx", async () => {
    const { app } = edge();
    const known = await app.inject({ url: "/v1/transactions/tx-1" });
    expect([known.statusCode, known.json().code]).toEqual([404, "transaction-not-kept"]);
    expect(known.json().detail).toContain("transactions.screened.v1");
    for (const id of ["%zz", "%ff", "x".repeat(5_000), "..%2f..", "a?b=c", "%00"]) {
      const response = await app.inject({ url: `/v1/transactions/${id}` });
      expect(response.statusCode).toBeGreaterThanOrEqual(400);
      expect(response.statusCode).toBeLessThan(500);
      expect(response.json().code).toBeDefined();
    }
  });
});

describe("counting", () => {
  it("has every answer, by status and outcome", async () => {
    const { post, metrics } = edge();
    await post(goodText());
    await post("{");
    const text = await metrics.render();
    expect(text).toContain(
      'riffle_ingest_requests_total{status="202",outcome="accepted",service="ingest"} 1',
    );
    expect(text).toContain(
      'riffle_ingest_requests_total{status="400",outcome="malformed-json",service="ingest"} 1',
    );
  });

  it("has every refusal of our own at 0 before there was one, so that the first is seen", async () => {
    const text = await edge().metrics.render();
    for (const [outcome, { status }] of Object.entries(problems)) {
      const expected = status >= 500 ? 1 : 0;
      const lines = text.split("\n").filter((line) => line.includes(`outcome="${outcome}"`));
      expect(
        [
          `riffle_ingest_requests_total{status="${status}",outcome="${outcome}",service="ingest"} 0`,
          `riffle_ingest_batch_transactions_total{outcome="${outcome}",service="ingest"} 0`,
        ].map((line) => lines.filter((shown) => shown === line).length),
      ).toEqual([expected, expected]);
    }
  });
});

describe("a process that is behind", () => {
  it("refuses new requests at once, and takes them again when it is on time", async () => {
    const { post, clock, loop, sent } = edge(undefined, { EVENT_LOOP_DELAY_MS_MAX: 250 });
    loop.start();
    clock.advance(350);
    expect((await post(goodText())).statusCode).toBe(202);
    clock.advance(351);
    const refused = await post(goodText("tx-1", "tx-2"));
    expect([refused.statusCode, refused.json().code, refused.headers["retry-after"]]).toEqual([
      503,
      "overloaded",
      "1",
    ]);
    expect(sent).toHaveLength(1);
    clock.advance(100);
    expect((await post(goodText("tx-1", "tx-3"))).statusCode).toBe(202);
    loop.stop();
    expect(clock.waiting).toBe(0);
  });
});
