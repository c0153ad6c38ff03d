// Identifiers: the branded types, what they may contain, and the ids that are derived from others.
//
//   I1. Parts are length-prefixed and never joined, so ("a:b", "c") and ("a", "b:c") stay apart
//       (test/unit/ids.test.ts).
//   I2. A derived id is a function of its causes alone: whoever computes it again gets the same one, and a repeat is
//       visible as a repeat.
import { createHash } from "node:crypto";
import { ContractError } from "./errors.ts";
import { describeFound } from "./found.ts";

declare const brand: unique symbol;

/** A string that has been checked to be an id of the kind `Name`. It is assignable to `string`, not from it. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The id of an account: the key of almost every record. */
export type AccountId = Branded<"AccountId">;
/** The client's own, unique id of a transaction: its idempotency key. */
export type TransactionId = Branded<"TransactionId">;
/** The derived id of an alert: `al_` and 32 hexadecimal digits. */
export type AlertId = Branded<"AlertId">;
/** The derived id of a notification: `nt_` and 32 hexadecimal digits. */
export type NotificationId = Branded<"NotificationId">;
/** The derived id of a case: `cs_` and 32 hexadecimal digits. */
export type CaseId = Branded<"CaseId">;

/** What a client's id may be: 1 to 64 of letters, digits, dot, underscore, colon, hyphen. */
export const idPattern = "^[A-Za-z0-9._:-]{1,64}$";
/** What an alert's id looks like. */
export const alertIdPattern = "^al_[0-9a-f]{32}$";
/** What a notification's id looks like. */
export const notificationIdPattern = "^nt_[0-9a-f]{32}$";
/** What a case's id looks like. */
export const caseIdPattern = "^cs_[0-9a-f]{32}$";

const idExpression = new RegExp(idPattern);
const alertIdExpression = new RegExp(alertIdPattern);
const notificationIdExpression = new RegExp(notificationIdPattern);

/**
 * The account id that `value` is.
 * @throws ContractError `ID_INVALID`
 */
export function parseAccountId(value: unknown): AccountId {
  return parseId<"AccountId">(value, idExpression, "accountId", "1 to 64 of A-Z a-z 0-9 . _ : -");
}

/**
 * The transaction id that `value` is.
 * @throws ContractError `ID_INVALID`
 */
export function parseTransactionId(value: unknown): TransactionId {
  return parseId<"TransactionId">(value, idExpression, "transactionId", "1 to 64 of A-Z a-z 0-9 . _ : -");
}

/**
 * The alert id that `value` is.
 * @throws ContractError `ID_INVALID`
 */
export function parseAlertId(value: unknown): AlertId {
  return parseId<"AlertId">(value, alertIdExpression, "alertId", "al_ and 32 hexadecimal digits");
}

/**
 * The notification id that `value` is.
 * @throws ContractError `ID_INVALID`
 */
export function parseNotificationId(value: unknown): NotificationId {
  const rule = "nt_ and 32 hexadecimal digits";
  return parseId<"NotificationId">(value, notificationIdExpression, "notificationId", rule);
}

function parseId<Name extends string>(
  value: unknown,
  expression: RegExp,
  field: string,
  rule: string,
): Branded<Name> {
  if (typeof value === "string" && expression.test(value)) return value as Branded<Name>;
  const message = `parse ${field}: found ${describeFound(value)}; give ${rule}`;
  throw new ContractError("ID_INVALID", message, { field });
}

/**
 * One string from several, from which the parts can be told again: each part as `<length in UTF-8 bytes>:<part>`, one
 * after the other. `["acct", "EUR"]` becomes `4:acct3:EUR`. Different lists never give the same string.
 */
export function lengthPrefixed(parts: readonly string[]): string {
  let joined = "";
  for (const part of parts) joined += `${Buffer.byteLength(part)}:${part}`;
  return joined;
}

/**
 * The id of the alert that `rule` raises on an account for these causes, in this order.
 *
 * Raising it, withdrawing it and raising it again all carry this one id.
 *
 * @param rule the rule's name, `card-testing`
 * @param ruleVersion the rule's version; another version raises other alerts
 * @param accountId two accounts may have used the same transaction ids
 * @param causeIds the ids of the transactions that caused it, in the order of the evidence
 */
export function alertId(
  rule: string,
  ruleVersion: number,
  accountId: string,
  causeIds: readonly string[],
): AlertId {
  return derivedId("al_", [rule, String(ruleVersion), accountId, ...causeIds]) as AlertId;
}

/** What tells one notification from another. */
export interface NotificationCause {
  readonly alertId: string;
  /** `raised` or `withdrawn`: a withdrawal is told to the channel too, and is a notification of its own. */
  readonly alertStatus: string;
  /** The alert event's own `changedBy`: an alert may be raised, withdrawn and raised again. */
  readonly changedBy: string | undefined;
  /** The subscribed channel's name. */
  readonly channel: string;
}

/** The id of the notification that tells one channel about one event of one alert. */
export function notificationId(cause: NotificationCause): NotificationId {
  return derivedId("nt_", [
    cause.alertId,
    cause.alertStatus,
    cause.changedBy ?? "",
    cause.channel,
  ]) as NotificationId;
}

/**
 * The id of the case that an alert opens.
 *
 * @param previousCaseId the account's closed case before it; an alert that is raised again after its case was closed
 * opens another one
 */
export function caseId(accountId: string, alertId: string, previousCaseId: string | undefined): CaseId {
  return derivedId("cs_", [accountId, alertId, previousCaseId ?? ""]) as CaseId;
}

/** `prefix` and the first 32 hexadecimal digits (128 bits) of SHA-256 over the length-prefixed parts. */
function derivedId(prefix: string, parts: readonly string[]): string {
  const digest = createHash("sha256").update(lengthPrefixed(parts), "utf8").digest("hex");
  return prefix + digest.slice(0, 32);
}
