// The alert: a completed pattern that is worth a person's attention.
//
//   A1. It carries the transactions that caused it, in order, and the rule's version (promise P6); not their `metadata`, which
//       no rule reads, and which stands in `transactions.screened.v1`.
//   A2. Its id is derived from rule, version and causes (ids.ts). A withdrawal is a further event with the same id and
//       the status `withdrawn`; an alert is never deleted.
//   A3. What holds, is withdrawn and holds again is told each time: `changedBy` tells these events from one another.
//   A4. It contains no wall clock: `firstAt` and `lastAt` are event times of its causes.
//   A5. It says of each cause which step of its rule took it: `evidenceSteps` is as long as `evidence` and in its order.
import Type, { type Static } from "typebox";
import { jsonCodec } from "./codec.ts";
import { alertIdPattern } from "./ids.ts";
import { amountSchema, currencySchema, eventTimeSchema, idSchema, transactionSchema } from "./transaction.ts";

/** How much an alert matters, rising. */
export const alertSeverities = ["low", "medium", "high"] as const;
/** Whether an alert holds, or held no longer once earlier events had come. */
export const alertStatuses = ["raised", "withdrawn"] as const;

/** Schema of an alert's status, {@link alertStatuses}. */
export const alertStatusSchema = Type.Enum(alertStatuses, { type: "string" });

/** What a rule and a step of one may be called. */
const namePattern = "^[a-z][a-z0-9-]{0,63}$";

/** JSON Schema of {@link Alert}. */
export const alertSchema = Type.Refine(
  Type.Object(
    {
      id: Type.String({ pattern: alertIdPattern }),
      rule: Type.String({ pattern: namePattern, description: "the rule's name, card-testing" }),
      ruleVersion: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
      severity: Type.Enum(alertSeverities, { type: "string" }),
      accountId: idSchema,
      status: alertStatusSchema,
      changedBy: Type.Optional(idSchema),
      reason: Type.String({ pattern: "^[^\\p{Cc}]{1,500}$", description: "one sentence for a person" }),
      evidence: Type.Array(transactionSchema, { minItems: 1, description: "the causes, in order" }),
      evidenceSteps: Type.Array(Type.String({ pattern: namePattern }), {
        minItems: 1,
        description: "by which step of its rule each cause was taken, as many and in the same order",
      }),
      firstAt: eventTimeSchema,
      lastAt: eventTimeSchema,
      amount: amountSchema,
      currency: currencySchema,
    },
    { additionalProperties: false, title: "Alert" },
  ),
  (alert) => alert.evidenceSteps.length === alert.evidence.length,
  () => "must have as many evidenceSteps as evidence",
);

/**
 * A completed pattern of one account. `changedBy` is the id of the transaction on whose arrival this event was made: the
 * last cause, or an earlier one that came late; none when the passing of time made it. `evidence` holds the causes in
 * order, `evidenceSteps` the name of the step of the rule that took each of them, `firstAt` and `lastAt` the event times
 * of the first and the last, `amount` and `currency` the payment that completed the pattern, in minor units.
 */
export type Alert = Static<typeof alertSchema>;
/** One of {@link alertSeverities}. */
export type AlertSeverity = (typeof alertSeverities)[number];
/** One of {@link alertStatuses}. */
export type AlertStatus = (typeof alertStatuses)[number];

/** The codec of `alert/2`. Nothing that was released wrote version 1, which had no `evidenceSteps`: it is refused. */
export const alertCodec = jsonCodec("alert", 2, alertSchema);
