// The causes of an alert on one line, for a person.

import type { Alert } from "@riffle/contracts";

const causesShown = 20;

/**
 * The ids of the causes in order, each with the step of the rule that took it: `t1 (small), t2 (small), t3 (large)`.
 * Twenty are named, the others counted.
 */
export const evidenceText = ({ evidence, evidenceSteps }: Alert): string => {
  const named = evidence.slice(0, causesShown).map(({ id }, i) => `${id} (${evidenceSteps[i]})`);
  const more = evidence.length - named.length;
  return `${named.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
};
