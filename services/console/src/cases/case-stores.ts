// What the desk keeps of its cases: the state of each at its last event, and which of an account's cases is open.
//
//   K1. Both are written in the atomic commit that holds the events they follow from: a store is the snapshot of its events,
//       taken at every commit, and a start reads stores alone.
//   K2. An entry never goes away: a closed case can be reopened, and its alerts withdrawn. Most are never asked for again, so
//       what a start restores stays in its bytes until it is.

import type { CaseSnapshot } from "@riffle/contracts";
import { keyValueStore } from "@riffle/streams";
import { type AccountCases, accountSerde, caseSerde } from "./case-serdes.ts";

/** Cases by id. */
export const caseStore = keyValueStore<CaseSnapshot>("cases", caseSerde, { readsRestored: "at-first-use" });
/** What an account has, by account. */
export const accountStore = keyValueStore<AccountCases>("case-accounts", accountSerde, {
  readsRestored: "at-first-use",
});

/** All stores of the desk. */
export const caseStores = [caseStore, accountStore];
