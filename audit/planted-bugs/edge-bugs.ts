// Planted bugs of the services and of what they say to each other.

import type { PlantedBug } from "./planted-bug.ts";

/** Bugs of ingest, filter, aggregator, notifier and the contracts. */
export const edgeBugs: readonly PlantedBug[] = [
  {
    name: "accepted-before-acknowledged",
    story: "A 202 for a transaction that no broker has yet.",
    file: "services/ingest/src/record-gate.ts",
    find: "    await this.#options.sender.send(record);",
    replace: "    void this.#options.sender.send(record);",
    caughtBy: { project: "unit", file: "services/ingest/test/unit/record-gate.test.ts" },
  },
  {
    name: "late-send-is-accepted",
    story: "A 202 when the deadline passed and nobody knows whether the record is safe.",
    file: "services/ingest/src/record-gate.ts",
    find: '        this.#noteFailure("late", undefined);\n        resolve("unknown");',
    replace: '        this.#noteFailure("late", undefined);\n        resolve("recorded");',
    caughtBy: { project: "unit", file: "services/ingest/test/unit/record-gate.test.ts" },
  },
  {
    name: "dedupe-skipped",
    story: "A transaction sent twice moves every window twice.",
    file: "services/filter/src/seen-transactions.ts",
    find: "if (first !== undefined && this.#counts(first, streamTimeMs)) {",
    replace: "if (first !== undefined && this.#counts(first, streamTimeMs) && streamTimeMs < 0) {",
    caughtBy: { project: "unit", file: "services/filter/test/unit/seen-transactions.test.ts" },
  },
  {
    name: "dedupe-horizon-off-by-one",
    story:
      "Whether a repeat counts depends on one millisecond that the documentation gives to the other side.",
    file: "services/filter/src/seen-transactions.ts",
    find: "return at > streamTimeMs - this.#horizonMs;",
    replace: "return at >= streamTimeMs - this.#horizonMs;",
    caughtBy: { project: "unit", file: "services/filter/test/unit/seen-transactions.test.ts" },
  },
  {
    name: "conflict-told-as-duplicate",
    story: "The same id with another amount looks like a harmless repeat.",
    file: "services/filter/src/seen-transactions.ts",
    find: 'kind: first.fingerprint === sighting.fingerprint ? "duplicate" : "conflict"',
    replace: 'kind: first.fingerprint !== "" ? "duplicate" : "conflict"',
    caughtBy: { project: "unit", file: "services/filter/test/unit/filter.test.ts" },
  },
  {
    name: "alert-id-ignores-causes",
    story: "The second fraud of an account is taken for a repeat of the first and never told.",
    file: "packages/contracts/src/ids.ts",
    find: 'derivedId("al_", [rule, String(ruleVersion), accountId, ...causeIds])',
    replace: 'derivedId("al_", [rule, String(ruleVersion), accountId, ...causeIds.slice(0, 0)])',
    caughtBy: { project: "unit", file: "packages/contracts/test/unit/ids.test.ts" },
  },
  {
    name: "withdrawal-shares-the-id-of-its-alert",
    story: "Nobody is told that an alert was withdrawn.",
    file: "packages/contracts/src/ids.ts",
    find: 'derivedId("nt_", [cause.alertId, cause.alertStatus, cause.channel])',
    replace: 'derivedId("nt_", [cause.alertId, cause.channel])',
    caughtBy: { project: "unit", file: "packages/contracts/test/unit/ids.test.ts" },
  },
  {
    name: "id-parts-joined",
    story: "Two different lists of causes give one id.",
    file: "packages/contracts/src/ids.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    find: "for (const part of parts) joined += `${Buffer.byteLength(part)}:${part}`;",
    replace: "for (const part of parts) joined += part;",
    caughtBy: { project: "unit", file: "packages/contracts/test/unit/ids.test.ts" },
  },
  {
    name: "currencies-summed",
    story: "A window adds yen to euros.",
    file: "services/aggregator/src/account-windows.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    find: "`${currency}${accountId}`",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    replace: "`EUR${currency === accountId ? currency : accountId}`",
    caughtBy: { project: "unit", file: "services/aggregator/test/unit/aggregator.test.ts" },
  },
  {
    name: "error-answer-counts-as-delivered",
    story: "A webhook that answered 500 is on record as told.",
    file: "services/notifier/src/channels/webhook-channel.ts",
    find: "  if (ok) return undefined;",
    replace: "  if (ok || status >= 500) return undefined;",
    caughtBy: { project: "unit", file: "services/notifier/test/unit/channels/webhook-channel.test.ts" },
  },
  {
    name: "webhook-id-changes-with-attempts",
    story: "The receiver cannot tell a retry from a second alert.",
    file: "services/notifier/src/channels/webhook-channel.ts",
    find: '"webhook-id": notificationId,',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    replace: '"webhook-id": `${notificationId}-${nowMs}`,',
    caughtBy: { project: "unit", file: "services/notifier/test/unit/channels/webhook-channel.test.ts" },
  },
  {
    name: "duplicate-json-names-accepted",
    story: "Two readers of one body see two amounts.",
    file: "services/ingest/src/json/strict-json.ts",
    find: 'this.#fail("json-duplicate-name"',
    replace: 'void ("json-duplicate-name"',
    caughtBy: { project: "unit", file: "services/ingest/test/unit/json/strict-json.test.ts" },
  },
];
