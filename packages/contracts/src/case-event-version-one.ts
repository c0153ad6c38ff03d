// Version 1 of the case event, and what it means in words of version 2.
//
//   O1. Nothing writes version 1 any more. A record of it is read for ever, because its topic is kept for ever.
//   O2. The way from version 1 to version 2 can be gone back without loss: a chain of hashes is checked on the form in
//       which an event was written.
import Type, { type Static } from "typebox";
import { alertSeverities } from "./alert.ts";
import type { CaseDisposition, CaseEvent } from "./case-event.ts";
import { caseEventPatterns } from "./case-event-patterns.ts";
import { jsonCodec } from "./codec.ts";
import { alertIdPattern, caseIdPattern } from "./ids.ts";
import { eventTimeSchema, idSchema } from "./transaction.ts";

const { name, rule, text, hash } = caseEventPatterns;
const closed = { additionalProperties: false };

const joined = {
  alertId: Type.String({ pattern: alertIdPattern }),
  rule: Type.String({ pattern: rule }),
  severity: Type.Enum(alertSeverities, { type: "string" }),
};

const changeSchema = Type.Union([
  Type.Object(
    {
      type: Type.Literal("opened"),
      ...joined,
      previousCaseId: Type.Optional(Type.String({ pattern: caseIdPattern })),
    },
    closed,
  ),
  Type.Object({ type: Type.Literal("alert-joined"), ...joined }, closed),
  Type.Object(
    { type: Type.Literal("alert-withdrawn"), alertId: Type.String({ pattern: alertIdPattern }) },
    closed,
  ),
  Type.Object(
    { type: Type.Literal("assigned"), to: Type.Union([Type.Literal(""), Type.String({ pattern: name })]) },
    closed,
  ),
  Type.Object({ type: Type.Literal("commented"), text: Type.String({ pattern: text }) }, closed),
  Type.Object({ type: Type.Literal("linked"), to: Type.String({ pattern: caseIdPattern }) }, closed),
  Type.Object(
    { type: Type.Literal("judged"), verdict: Type.Enum(["fraud", "legitimate"], { type: "string" }) },
    closed,
  ),
  Type.Object({ type: Type.Literal("closed") }, closed),
  Type.Object({ type: Type.Literal("reopened") }, closed),
]);

/** JSON Schema of {@link CaseEventVersionOne}. */
export const caseEventVersionOneSchema = Type.Object(
  {
    caseId: Type.String({ pattern: caseIdPattern }),
    accountId: idSchema,
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    at: eventTimeSchema,
    by: Type.String({ pattern: name }),
    change: changeSchema,
    previousHash: Type.String({ pattern: hash }),
    hash: Type.String({ pattern: hash }),
  },
  { additionalProperties: false, title: "CaseEventVersionOne" },
);

/**
 * A case event as version 1 wrote it: the change in an object of its own, an assignment to nobody as empty text, a
 * `judged` with a verdict where version 2 has a disposition, and no id of a command.
 */
export type CaseEventVersionOne = Static<typeof caseEventVersionOneSchema>;

/** The codec of `case-event/1`. */
export const caseEventVersionOneCodec = jsonCodec("case-event", 1, caseEventVersionOneSchema);

const dispositionOf: Readonly<Record<"fraud" | "legitimate", CaseDisposition>> = {
  fraud: "confirmed-fraud",
  legitimate: "false-positive",
};

/** The same event in words of version 2. */
export function upcastCaseEvent({ change, ...event }: CaseEventVersionOne): CaseEvent {
  const whole = { ...event, writtenAs: 1 } as const;
  switch (change.type) {
    case "assigned":
      return { ...whole, type: "assigned", assignee: change.to === "" ? null : change.to };
    case "linked":
      return { ...whole, type: "linked", linkedCaseId: change.to };
    case "judged":
      return { ...whole, type: "disposition-set", disposition: dispositionOf[change.verdict] };
    default:
      return { ...whole, ...change };
  }
}

/**
 * An event of version 2 in words of version 1: the way back of {@link upcastCaseEvent} (O2). What version 1 had no words
 * for, the command's id and reasons, is left out.
 */
export function caseEventInVersionOne(event: CaseEvent): CaseEventVersionOne {
  const { caseId, accountId, version, at, by, previousHash, hash: ownHash } = event;
  return { caseId, accountId, version, at, by, change: changeOf(event), previousHash, hash: ownHash };
}

function changeOf(event: CaseEvent): CaseEventVersionOne["change"] {
  switch (event.type) {
    case "opened": {
      const { type, alertId, rule: ruleName, severity, previousCaseId } = event;
      return {
        type,
        alertId,
        rule: ruleName,
        severity,
        ...(previousCaseId === undefined ? {} : { previousCaseId }),
      };
    }
    case "alert-joined":
      return { type: event.type, alertId: event.alertId, rule: event.rule, severity: event.severity };
    case "alert-withdrawn":
      return { type: event.type, alertId: event.alertId };
    case "assigned":
      return { type: event.type, to: event.assignee ?? "" };
    case "commented":
      return { type: event.type, text: event.text };
    case "linked":
      return { type: event.type, to: event.linkedCaseId };
    case "disposition-set":
      return {
        type: "judged",
        verdict: event.disposition === "confirmed-fraud" ? "fraud" : "legitimate",
      };
    default:
      return { type: event.type };
  }
}
