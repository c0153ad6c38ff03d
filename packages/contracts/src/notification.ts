// The notification: how telling one channel about one alert ended (promise P7).
//
//   N1. It is written once per alert event and channel, when the outcome is final, with every attempt on record. A delivery
//       that an operator asked for again is written once more, with its number in `redelivery`.
//   N2. It is the one event with wall-clock times in its value: attempts happen in our time, not in event time.
import Type, { type Static } from "typebox";
import { alertStatusSchema } from "./alert.ts";
import { jsonCodec } from "./codec.ts";
import { alertIdPattern, notificationIdPattern } from "./ids.ts";
import { eventTimeSchema, idSchema } from "./transaction.ts";

/** How a notification can end. */
export const notificationOutcomes = ["delivered", "dead-lettered"] as const;

/** Why a notification was dead-lettered. */
export const deadLetterReasons = [
  /** Every attempt of the schedule failed. */
  "attempts-exhausted",
  /** The receiver refused this message for good. */
  "refused",
  /** The endpoint said that it wants nothing any more, by this message or by an earlier one. */
  "endpoint-disabled",
  /** The endpoint could not be reached for as long as its schedule lasts, so this message was not tried to the end. */
  "endpoint-unreachable",
  /** The endpoint is no longer configured. */
  "endpoint-removed",
] as const;

/** What a channel may be called. */
export const channelNamePattern = "^[a-z][a-z0-9-]{0,63}$";

/** JSON Schema of {@link DeliveryAttempt}. */
export const deliveryAttemptSchema = Type.Object(
  {
    at: eventTimeSchema,
    status: Type.Union([Type.Integer({ minimum: 0, maximum: 999 }), Type.Null()]),
    durationMs: Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    error: Type.Optional(Type.String({ pattern: "^[^\\p{Cc}]{1,500}$" })),
  },
  { additionalProperties: false, title: "DeliveryAttempt" },
);

/** JSON Schema of {@link Notification}. */
export const notificationSchema = Type.Object(
  {
    id: Type.String({ pattern: notificationIdPattern }),
    alertId: Type.String({ pattern: alertIdPattern }),
    alertStatus: alertStatusSchema,
    accountId: idSchema,
    channel: Type.String({ pattern: channelNamePattern, description: "the subscribed channel's name" }),
    outcome: Type.Enum(notificationOutcomes, { type: "string" }),
    reason: Type.Optional(Type.Enum(deadLetterReasons, { type: "string" })),
    sequence: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "which message of this account to this channel it was, from 1",
      }),
    ),
    redelivery: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "which time it was asked for again, from 1; absent at the first delivery",
      }),
    ),
    attempts: Type.Array(deliveryAttemptSchema, { description: "in order, the last one decided" }),
  },
  { additionalProperties: false, title: "Notification" },
);

/**
 * One try to deliver. `at` is RFC 3339 wall-clock time, `durationMs` how long it took, `status` the code that the
 * channel answered (an HTTP status, an SMTP reply), `null` when it answered none; `error` says what went wrong.
 */
export type DeliveryAttempt = Static<typeof deliveryAttemptSchema>;
/** The final outcome of telling one channel about one event of one alert. */
export type Notification = Static<typeof notificationSchema>;
/** One of {@link notificationOutcomes}. */
export type NotificationOutcome = (typeof notificationOutcomes)[number];
/** One of {@link deadLetterReasons}. */
export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** The codec of `notification/1`. */
export const notificationCodec = jsonCodec("notification", 1, notificationSchema);
