// Requests by seed: good transactions, each broken in one of many ways, or not at all.
//
//   R1. The id of the n-th request is `<run>-<n>`, so that what is recorded can be told by its id.
//   R2. Every request is well-formed HTTP; what is not is in connection.test.ts.

import { leftOpen, mustAccept } from "./json-cases.ts";
import { mustRefuse } from "./json-refusals.ts";
import { Random } from "./random.ts";

/** A request to send. */
export interface FuzzRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const jsonType = "application/json";
const lineType = "application/x-ndjson";

/** Luhn-valid, of a published test range: must be in no log and in no answer. */
export const cardCanary = "4111111111111111";

const texts = [
  "",
  " ",
  "a",
  "x".repeat(64),
  "x".repeat(65),
  "x".repeat(300),
  "é",
  "\u0000",
  "\ud83d\ude00",
  "\u202e",
  "null",
];
const numbers = [0, -0, 1, -1, 0.5, 12.5, 1e21, 1e-7, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), Number.MAX_VALUE];
const oddValues: readonly unknown[] = [
  ...texts,
  ...numbers,
  null,
  true,
  false,
  [],
  {},
  [1],
  { a: "b" },
  { a: { b: 1 } },
];
const fieldNames = [
  ...[
    "id",
    "accountId",
    "amount",
    "currency",
    "occurredAt",
    "type",
    "channel",
    "merchantId",
    "merchantCategory",
  ],
  ...["country", "latitude", "longitude", "deviceId", "ipAddress", "counterpartyId", "metadata"],
];
const oddNames = [
  "acountId",
  "Amount",
  "__proto__",
  "constructor",
  "toString",
  "",
  " ",
  "é",
  "x".repeat(500),
  "id ",
];
const amountSpellings = [
  "12.50",
  "1e3",
  "1E+2",
  "0100",
  "+5",
  "-0",
  "1_000",
  "0x10",
  "9007199254740993",
  "1".repeat(30),
  "NaN",
];
const oddTypes = [
  "text/plain",
  "application/json;charset=utf-16",
  "application/json\t",
  "APPLICATION/JSON",
  "application/jsonx",
  "",
  "a/b, application/json",
];
const bytesOfStructure = Buffer.from('{}[]":,\\0189-+.eEtfn \n\r\t\u0000\u00ff');

/** The n-th request of a run. */
export function fuzzRequest(run: string, seed: number, n: number, nowMs: number): FuzzRequest {
  const random = new Random(seed * 1_000_003 + n);
  if (random.percent(4)) return batchRequest(random, run, n, nowMs);
  const good = Buffer.from(JSON.stringify(goodTransaction(random, `${run}-${n}`, nowMs)));
  const headers = { "content-type": random.percent(3) ? random.of(oddTypes) : jsonType };
  return { path: "/v1/transactions", headers, body: broken(random, good) };
}

function batchRequest(random: Random, run: string, n: number, nowMs: number): FuzzRequest {
  const count = random.below(20);
  const items = Array.from({ length: count }, (_, i) => {
    const good = Buffer.from(JSON.stringify(goodTransaction(random, `${run}-${n}-${i}`, nowMs)));
    return random.percent(70) ? good : broken(random, good);
  });
  const isList = random.percent(40);
  const join = (between: string) =>
    Buffer.concat(items.flatMap((item, i) => (i === 0 ? [item] : [Buffer.from(between), item])));
  const body = isList ? Buffer.concat([Buffer.from("["), join(","), Buffer.from("]")]) : join("\n");
  const headers = { "content-type": isList ? jsonType : lineType };
  return { path: "/v1/transactions/batch", headers, body: random.percent(10) ? mutated(random, body) : body };
}

function goodTransaction(random: Random, id: string, nowMs: number): Record<string, unknown> {
  const transaction: Record<string, unknown> = {
    id,
    accountId: `acct-${random.below(1_000)}`,
    amount: 1 + random.below(100_000),
    currency: random.of(["EUR", "USD", "JPY", "BHD"]),
    occurredAt: new Date(nowMs - random.below(3_600_000)).toISOString(),
  };
  if (random.percent(30)) transaction["channel"] = random.of(["card_present", "online", "atm", "transfer"]);
  if (random.percent(30)) transaction["merchantId"] = "shop-é-7";
  if (random.percent(20)) Object.assign(transaction, { latitude: 52.5, longitude: 13.4 });
  if (random.percent(30))
    transaction["metadata"] = { note: `card ${cardCanary}`, n: String(random.below(1e6)) };
  return transaction;
}

/** One of the ways to break it; a fifth stays whole. */
function broken(random: Random, good: Buffer): Buffer {
  const value = JSON.parse(good.toString()) as Record<string, unknown>;
  const text = good.toString();
  switch (random.below(10)) {
    case 0:
    case 1:
      return good;
    case 2:
      return json({ ...value, [random.of(fieldNames)]: random.of(oddValues) });
    case 3:
      delete value[random.of(fieldNames)];
      return json(value);
    case 4:
      return json({ ...value, [random.of(oddNames)]: random.of(oddValues) });
    case 5:
      return Buffer.from(text.replace(/"amount":\d+/, `"amount":${random.of(amountSpellings)}`));
    case 6:
      return Buffer.from(
        text.replace("{", `{"${random.of(fieldNames)}":${JSON.stringify(random.of(oddValues))},`),
      );
    case 7:
      return random.of([...mustAccept, ...mustRefuse, ...leftOpen.map(([bytes]) => bytes)]);
    case 8: {
      const at = random.below(2) === 0 ? /"amount":\d+/ : /"currency":"[A-Z]+"/;
      const place = at.exec(text)?.index ?? 1;
      const name = at.source.slice(0, at.source.indexOf(":") + 1);
      const rest = text.slice(place).replace(at, "");
      return Buffer.concat([
        Buffer.from(text.slice(0, place) + name),
        random.of(mustRefuse),
        Buffer.from(rest),
      ]);
    }
    default:
      return mutated(random, good);
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Up to four bytes put in, taken out or changed. */
function mutated(random: Random, bytes: Buffer): Buffer {
  let result = bytes;
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(result.length + 1);
    const put = Buffer.from([random.percent(50) ? random.below(256) : random.of([...bytesOfStructure])]);
    const [keep, from] = random.of([
      [put, at],
      [Buffer.alloc(0), at + 1],
      [put, at + 1],
    ] as const);
    result = Buffer.concat([result.subarray(0, at), keep, result.subarray(from)]);
  }
  return result;
}
