// The case snapshot: a case as its events up to one version make it.
//
//   S1. It is a function of the events 1 to `version` and of nothing else, and `lastHash` is the hash of the last of them:
//       whoever has the events can prove it wrong.
//   S2. Its size is bounded: the newest 500 alerts, 100 links, the newest 32 commands, and no comment's text.
import Type, { type Static } from "typebox";
import { alertSeverities } from "./alert.ts";
import { caseDispositions } from "./case-event.ts";
import { caseEventPatterns } from "./case-event-patterns.ts";
import { jsonCodec } from "./codec.ts";
import { alertIdPattern, caseIdPattern } from "./ids.ts";
import { eventTimeSchema, idSchema } from "./transaction.ts";

/** Whether a case is worked on. */
export const caseStatuses = ["open", "closed"] as const;

/** How many of its alerts a case has at hand, the newest (S2). */
export const caseAlertsMax = 500;
/** How many links a case may have (S2). */
export const caseLinksMax = 100;
/** How many commands a case knows again (S2). */
export const caseCommandsMax = 32;

const name = Type.String({ pattern: caseEventPatterns.name });
const count = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const alertIds = Type.Array(Type.String({ pattern: alertIdPattern }), { maxItems: caseAlertsMax });
const closed = { additionalProperties: false };

const recentCommandSchema = Type.Object(
  {
    id: idSchema,
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    fingerprint: Type.String({ pattern: "^[0-9a-f]{16}$" }),
  },
  closed,
);

/** JSON Schema of {@link CaseSnapshot}. */
export const caseSnapshotSchema = Type.Object(
  {
    id: Type.String({ pattern: caseIdPattern }),
    accountId: idSchema,
    status: Type.Enum(caseStatuses, { type: "string" }),
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    openedAt: eventTimeSchema,
    updatedAt: eventTimeSchema,
    assignee: Type.Union([name, Type.Null()]),
    disposition: Type.Union([Type.Enum(caseDispositions, { type: "string" }), Type.Null()]),
    severity: Type.Enum(alertSeverities, { type: "string", description: "the worst of all its alerts" }),
    alerts: Type.Integer({ ...count, description: "how many alerts ever joined" }),
    alertIds,
    withdrawnAlertIds: alertIds,
    previousCaseId: Type.Union([Type.String({ pattern: caseIdPattern }), Type.Null()]),
    linkedCaseIds: Type.Array(Type.String({ pattern: caseIdPattern }), { maxItems: caseLinksMax }),
    comments: Type.Integer({ ...count, description: "how many" }),
    lastBy: name,
    lastHash: Type.String({ pattern: caseEventPatterns.hash }),
    recentCommands: Type.Array(recentCommandSchema, { maxItems: caseCommandsMax }),
  },
  { additionalProperties: false, title: "CaseSnapshot" },
);

/**
 * A case at `version`. `openedAt` and `updatedAt` are the times of its first and last event. `alertIds` are alerts that
 * joined, `withdrawnAlertIds` those of them that hold no longer. `recentCommands` are the newest commands with the version
 * each made and what it said, so that one that comes again is known.
 */
export type CaseSnapshot = Static<typeof caseSnapshotSchema>;
/** One of {@link caseStatuses}. */
export type CaseStatus = (typeof caseStatuses)[number];

/** The codec of `case-snapshot/1`. */
export const caseSnapshotCodec = jsonCodec("case-snapshot", 1, caseSnapshotSchema);
