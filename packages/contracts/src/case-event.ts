// The case event: one change of one fraud case. The events of a case are the case; everything else is made from them.
//
//   V1. Versions of a case are 1, 2, 3, … without a gap, and version 1 is `opened`.
//   V2. `previousHash` is the hash of the event before it, 64 zeros in version 1. How `hash` is made stands in
//       packages/cases/src/chain.ts.
//   V3. `at` never goes back within a case. For what an alert made it is the alert's event time, for what a person did
//       the wall clock; either is the time of the event before where it would be earlier.
//   V4. A comment's text is in its event and nowhere else.
//   V5. Version 1 of the schema is read too, and becomes version 2 (case-event-codec.ts). An event that was read so says it
//       in `writtenAs` and can not be written again.
import Type, { type Static } from "typebox";
import { alertSeverities } from "./alert.ts";
import { caseEventPatterns } from "./case-event-patterns.ts";
import { alertIdPattern, caseIdPattern } from "./ids.ts";
import { eventTimeSchema, idSchema } from "./transaction.ts";

/** What a case can be found to be. */
export const caseDispositions = ["confirmed-fraud", "false-positive"] as const;

/** Whose name stands at what the console does by itself; no person may have it. */
export const caseMachine = "riffle";

/** What comes before the first event of a case. */
export const firstPreviousHash = "0".repeat(64);

const { name, rule, text, reason, hash } = caseEventPatterns;

const alertFields = {
  alertId: Type.String({ pattern: alertIdPattern }),
  rule: Type.String({ pattern: rule, description: "the alert's rule" }),
  severity: Type.Enum(alertSeverities, { type: "string" }),
};
const optionalReason = { reason: Type.Optional(Type.String({ pattern: reason })) };

const head = {
  caseId: Type.String({ pattern: caseIdPattern }),
  accountId: idSchema,
  version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "of the case, from 1" }),
  at: eventTimeSchema,
  by: Type.String({ pattern: name, description: "a person's name, or riffle" }),
  commandId: Type.Optional(idSchema),
};
const tail = {
  previousHash: Type.String({ pattern: hash }),
  hash: Type.String({ pattern: hash, description: "SHA-256 of the event with the hash before it" }),
};
const closed = { additionalProperties: false };

/** The schema of each type of event. */
export const caseEventSchemas = {
  opened: Type.Object(
    {
      ...head,
      type: Type.Literal("opened"),
      ...alertFields,
      previousCaseId: Type.Optional(Type.String({ pattern: caseIdPattern })),
      ...tail,
    },
    closed,
  ),
  "alert-joined": Type.Object(
    { ...head, type: Type.Literal("alert-joined"), ...alertFields, ...tail },
    closed,
  ),
  "alert-withdrawn": Type.Object(
    { ...head, type: Type.Literal("alert-withdrawn"), alertId: alertFields.alertId, ...tail },
    closed,
  ),
  assigned: Type.Object(
    {
      ...head,
      type: Type.Literal("assigned"),
      assignee: Type.Union([Type.String({ pattern: name }), Type.Null()]),
      ...tail,
    },
    closed,
  ),
  commented: Type.Object(
    { ...head, type: Type.Literal("commented"), text: Type.String({ pattern: text }), ...tail },
    closed,
  ),
  linked: Type.Object(
    { ...head, type: Type.Literal("linked"), linkedCaseId: Type.String({ pattern: caseIdPattern }), ...tail },
    closed,
  ),
  "disposition-set": Type.Object(
    {
      ...head,
      type: Type.Literal("disposition-set"),
      disposition: Type.Enum(caseDispositions, { type: "string" }),
      ...optionalReason,
      ...tail,
    },
    closed,
  ),
  closed: Type.Object({ ...head, type: Type.Literal("closed"), ...optionalReason, ...tail }, closed),
  reopened: Type.Object({ ...head, type: Type.Literal("reopened"), ...optionalReason, ...tail }, closed),
};

/** JSON Schema of {@link CaseEvent}. */
export const caseEventSchema = Type.Union(
  [
    caseEventSchemas.opened,
    caseEventSchemas["alert-joined"],
    caseEventSchemas["alert-withdrawn"],
    caseEventSchemas.assigned,
    caseEventSchemas.commented,
    caseEventSchemas.linked,
    caseEventSchemas["disposition-set"],
    caseEventSchemas.closed,
    caseEventSchemas.reopened,
  ],
  { title: "CaseEvent" },
);

/** One of {@link caseDispositions}. */
export type CaseDisposition = (typeof caseDispositions)[number];

/**
 * One change of one case, by `type`. `by` is who made it: a person, or {@link caseMachine} for what followed from an alert.
 * `commandId` is the client's id of the command it came from. `previousCaseId` of `opened` is the account's case before,
 * closed by then. `assignee: null` takes the assignment away.
 *
 * `writtenAs` is set on an event that was read in an older version and upcast (V5).
 */
export type CaseEvent = Static<typeof caseEventSchema> & { readonly writtenAs?: 1 };

/** The types of case events. */
export type CaseEventType = CaseEvent["type"];
