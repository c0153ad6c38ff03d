// The aggregate: what one account moved in one currency in one window.
//
//   G1. Windows are half-open, `[start, end)`, in epoch milliseconds of event time.
//   G2. `sum` is an exact number (money.ts, `addMoney`); `average` is `sum / count` as the nearest double
//       (`averageMoney`), not rounded to minor units.
//   G3. The key of the compacted topic says account, currency, kind, size and start; the newest record of a key is the
//       state of that window, and `final` says that it will not change again.
import Type, { type Static } from "typebox";
import { jsonCodec } from "./codec.ts";
import { lengthPrefixed } from "./ids.ts";
import { amountSchema, currencySchema, idSchema } from "./transaction.ts";

/** The kinds of window. */
export const windowKinds = ["hopping", "tumbling", "sliding", "session"] as const;

const instantSchema = Type.Integer({
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "epoch milliseconds",
});
const durationSchema = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "milliseconds",
});

/** JSON Schema of {@link EventWindow}. */
export const eventWindowSchema = Type.Refine(
  Type.Object(
    {
      kind: Type.Enum(windowKinds, { type: "string" }),
      sizeMs: durationSchema,
      advanceMs: Type.Optional(durationSchema),
      start: instantSchema,
      end: instantSchema,
    },
    { additionalProperties: false, title: "EventWindow" },
  ),
  (window) => window.start < window.end,
  () => "must start before it ends",
);

/**
 * A window of event time, `[start, end)` in epoch milliseconds. `sizeMs` is the length of hopping, tumbling and sliding
 * windows and the gap of sessions; `advanceMs` is there for hopping windows alone. A sliding window of a record at `t`
 * holds `(t - size, t]`, which is `start = t - size + 1`, `end = t + 1`.
 */
export type EventWindow = Static<typeof eventWindowSchema>;
/** One of {@link windowKinds}. */
export type WindowKind = (typeof windowKinds)[number];

/** JSON Schema of {@link AccountAggregate}. */
export const accountAggregateSchema = Type.Object(
  {
    accountId: idSchema,
    currency: currencySchema,
    window: eventWindowSchema,
    count: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    sum: amountSchema,
    min: amountSchema,
    max: amountSchema,
    average: Type.Number({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "sum / count, unrounded",
    }),
    final: Type.Boolean(),
  },
  { additionalProperties: false, title: "AccountAggregate" },
);

/**
 * What one account moved in one currency in one window. `sum`, `min` and `max` are integer minor units, `average` is
 * `sum / count` with its fraction. `final` is false while records may still come, and true once the window has closed.
 */
export type AccountAggregate = Static<typeof accountAggregateSchema>;

/** The codec of `account-aggregate/1`. */
export const accountAggregateCodec = jsonCodec("account-aggregate", 1, accountAggregateSchema);

/** The part of an aggregate that its key is made of. */
export interface AggregateIdentity {
  readonly accountId: string;
  readonly currency: string;
  readonly window: Pick<EventWindow, "kind" | "sizeMs" | "start">;
}

/**
 * The key of an aggregate on its compacted topic: account, currency, kind, size and start, each length-prefixed and
 * never joined: `4:acct3:EUR8:tumbling5:6000013:1767225600000`. Any aggregate will do as the argument.
 */
export function aggregateKey(identity: AggregateIdentity): string {
  const { accountId, currency, window } = identity;
  // A sliding window has a new start with every transaction: without it the topic keeps the newest figure only.
  const start = window.kind === "sliding" ? "" : String(window.start);
  return lengthPrefixed([accountId, currency, window.kind, String(window.sizeMs), start]);
}
