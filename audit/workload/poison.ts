// Poison: records that no codec reads, and transactions that the aggregator's handler cannot bear.

import { createHash } from "node:crypto";
import { formatEventTime, type Transaction, topics } from "@riffle/contracts";
import type { FoundRecord } from "../pipeline/dead-letters.ts";
import { pick, type Random } from "./random.ts";

/** The largest amount there is: no sum holds two of them. */
const enormous = Number.MAX_SAFE_INTEGER;

/**
 * Two payments of one account and instant that no sum can hold together: whichever comes second makes the aggregator's
 * handler throw, however often it is tried, unless it is late for every window.
 */
export const overflowingPair = (prefix: string, timeMs: number): Transaction[] =>
  ["first", "second"].map((which) => ({
    id: `${prefix}-${which}`,
    accountId: `${prefix}-account`,
    amount: enormous,
    currency: "EUR",
    occurredAt: formatEventTime(timeMs),
    type: "purchase",
  }));

/** The header that marks what was written past its topic's owner. Dead letters keep it. */
const plantedHeader = "x-audit";

/** Whether a record was written past its topic's owner. */
export const isPlanted = ({ headers }: Pick<FoundRecord, "headers">): boolean =>
  headers.some(([name]) => name === plantedHeader);

/** Bytes that no codec of the pipeline reads, and where they go. */
export interface Unreadable {
  readonly topic: string;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

interface Form {
  readonly value: Buffer;
  /** The `schema` header; `own` stands for the topic's. */
  readonly schema?: string;
}

const forms: readonly [(text: string) => Form, ...((text: string) => Form)[]] = [
  (text) => ({ value: Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe])]), schema: "own/1" }),
  (text) => ({ value: Buffer.from(`{"id":"${text}"`), schema: "own/1" }),
  (text) => ({ value: Buffer.from(JSON.stringify({ id: text, surprise: true })), schema: "own/1" }),
  (text) => ({ value: Buffer.from(text), schema: "own/9" }),
  (text) => ({ value: Buffer.from(text), schema: "another/1" }),
  (text) => ({ value: Buffer.from(text) }),
];

/** One of a kind, for one of the topics that services read. Its value is like no other's. */
export const drawUnreadable = (random: Random, n: number): Unreadable => {
  const topic = pick(random, [topics.transactionsReceived, topics.transactionsScreened, topics.alerts]);
  const text = createHash("sha256").update(`${n} ${random()}`).digest("hex");
  const { value, schema } = pick(random, forms)(text);
  const [own = ""] = topic.codec.schema.split("/");
  return {
    topic: topic.name,
    key: `poison-${n}`,
    value,
    headers: {
      "x-audit": String(n),
      ...(schema === undefined ? {} : { schema: schema.replace("own", own) }),
    },
  };
};
