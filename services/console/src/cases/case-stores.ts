// What the desk keeps of its cases: the state of each at its last event, and which of an account's cases is open.
//
//   K1. Both are written in the atomic commit that holds the events they follow from: a store is the snapshot of its events,
//       taken at every commit, and a start reads stores alone.
//   K2. An entry never goes away: a closed case can be reopened, and its alerts withdrawn.

import type { CaseSnapshot } from "@riffle/contracts";
import { keyValueStore } from "@riffle/streams";

/** The cases of an account. */
export interface AccountCases {
  /** The case that was opened last. */
  readonly lastId: string;
  /** The one that is open, if any: at most one is. */
  readonly openId: string | null;
}

/** Cases by id. */
export const caseStore = keyValueStore<CaseSnapshot>("cases");
/** What an account has, by account. */
export const accountStore = keyValueStore<AccountCases>("case-accounts");

/** All stores of the desk. */
export const caseStores = [caseStore, accountStore];
