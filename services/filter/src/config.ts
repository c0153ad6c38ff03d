// The filter's environment variables.

import { type TransactionType, transactionTypes } from "@riffle/contracts";
import { adminPort, baseConfig, streamConfig, streamTimeMs } from "@riffle/service-kit";
import { Type } from "typebox";

/** The types of transaction that are screened unless configured: those that take money out of an account. */
export const relevantTypesDefault: readonly TransactionType[] = ["purchase", "withdrawal", "transfer"];

/** Everything the filter reads from its environment. */
export const filterConfig = Type.Object({
  ...baseConfig,
  ...streamConfig,
  ADMIN_PORT: adminPort(9465),
  DEDUP_HORIZON_MS: streamTimeMs(
    86_400_000,
    "Stream time for which a transaction is remembered, by account and id, from when it came; a repeat that comes later counts as new. State grows with it: all that came within it is held in memory.",
  ),
  RELEVANT_TYPES: Type.Array(Type.Enum(transactionTypes, { type: "string" }), {
    minItems: 1,
    default: [...relevantTypesDefault],
    rule: `a comma-separated list of ${transactionTypes.join(", ")}`,
    description: "Types of transaction that are screened; the others are rejected as not-relevant.",
  }),
});
