// Which case an alert is in, and the cases of an account: what the read routes ask of the cases' rows.

import type { CaseView } from "@riffle/cases";
import { caseOfAlert, casesOfAccount } from "../cases/case-queries.ts";
import type { ReadModelDatabase } from "./database.ts";

/** Answers from the rows of the cases. */
export interface CaseLookup {
  /** The case of each of these alerts that is in one. */
  ofAlerts(database: ReadModelDatabase, alertIds: readonly string[]): ReadonlyMap<string, string>;
  /** The cases of an account, the newest first, as they are answered. */
  ofAccount(database: ReadModelDatabase, accountId: string): readonly CaseView[];
}

/** From the rows of the case projection. */
export const caseLookup: CaseLookup = {
  ofAlerts: (database, alertIds) => {
    const found = new Map<string, string>();
    for (const alertId of alertIds) {
      const caseId = caseOfAlert(database, alertId);
      if (caseId !== null) found.set(alertId, caseId);
    }
    return found;
  },
  ofAccount: casesOfAccount,
};
