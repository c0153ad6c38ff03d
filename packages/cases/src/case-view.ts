// The case as the console shows it.
import type { CaseSnapshot } from "@riffle/contracts";

/** A case without what only its owner needs. */
export type CaseView = Omit<CaseSnapshot, "recentCommands">;

/** What is shown of a case. */
export function caseView({ recentCommands: _, ...shown }: CaseSnapshot): CaseView {
  return shown;
}
