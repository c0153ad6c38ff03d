// Relevance: which transactions are worth screening. Pure; one transaction at a time, no state.
//
// Fraud takes money out of an account, so deposits and refunds are kept from the windows and patterns downstream:
// they would only blur an account's spending. They stay on record as rejections, each with its reason.

import type { Transaction, TransactionType } from "@riffle/contracts";

/** What makes a transaction relevant. */
export interface RelevanceRules {
  /** Types that are screened. */
  readonly relevantTypes: readonly TransactionType[];
}

/** Why a transaction is not relevant, as a sentence for a person; `undefined` when it is relevant. */
export const irrelevance = (transaction: Transaction, rules: RelevanceRules): string | undefined =>
  rules.relevantTypes.includes(transaction.type)
    ? undefined
    : `Transactions of type ${transaction.type} are not screened; those of type ${rules.relevantTypes.join(", ")} are.`;
