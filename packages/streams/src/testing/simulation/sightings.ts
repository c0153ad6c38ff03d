// What a set of runs has to have seen: a fault that never met the moment it is dangerous at proves nothing.

import { errorCodes } from "../../kafka/protocol/errors.ts";

/** Each of these happens in some run. The list is what `sometimes` stands for: one that is never seen fails the set. */
export const sightings = [
  "killed while its transaction was open",
  "killed between sending EndTxn and hearing of it",
  "killed while restoring",
  "killed while joining the group",
  "killed while handling a record",
  "paused for longer than its session",
  "a zombie's commit refused",
  "a stale generation refused",
  "an unknown member refused",
  "an older producer epoch refused",
  "a fenced instance refused",
  "a process replaced under its instance id",
  "EndTxn refused after the transaction had been ended by others",
  "EndTxn handled after its sender had given up",
  "Produce handled after its sender had given up",
  "TxnOffsetCommit handled after its sender had given up",
  "the answer to a commit lost",
  "a batch sent again and dropped",
  "offsets withheld for an open transaction",
  "a dead writer's transaction taken over",
  "a transaction timed out",
  "a transaction ended by another initialisation of its id",
  "a producer kept waiting by markers",
  "a coordinator moved or was loading",
  "a leader had moved",
  "state kept over a rebalance",
  "state dropped after a generation was missed",
  "a standby taken over",
  "a task committed by itself",
  "a dead letter rolled back",
  "a dead letter committed",
  "the last stable offset held back while records waited",
] as const;

/** One of {@link sightings}. */
export type Sighting = (typeof sightings)[number];

const { INVALID_TXN_STATE, ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, INVALID_PRODUCER_EPOCH } = errorCodes;

/** What a refusal shows, by API and code. */
export const sightingOfRefusal = (api: string, what: number | "repeated"): Sighting | undefined => {
  if (what === "repeated") return "a batch sent again and dropped";
  if (what === errorCodes.NOT_LEADER_OR_FOLLOWER) return "a leader had moved";
  if (what === errorCodes.NOT_COORDINATOR || what === errorCodes.COORDINATOR_LOAD_IN_PROGRESS)
    return "a coordinator moved or was loading";
  if (what === errorCodes.FENCED_INSTANCE_ID) return "a fenced instance refused";
  if (what === INVALID_PRODUCER_EPOCH || what === errorCodes.PRODUCER_FENCED)
    return "an older producer epoch refused";
  if (what === errorCodes.UNSTABLE_OFFSET_COMMIT) return "offsets withheld for an open transaction";
  if (api === "Produce" && what === errorCodes.CONCURRENT_TRANSACTIONS)
    return "a producer kept waiting by markers";
  if (api === "EndTxn" && what === INVALID_TXN_STATE)
    return "EndTxn refused after the transaction had been ended by others";
  if (api === "TxnOffsetCommit" && what === ILLEGAL_GENERATION) return "a stale generation refused";
  if (api === "TxnOffsetCommit" && what === UNKNOWN_MEMBER_ID) return "an unknown member refused";
  return undefined;
};

/** What runs have seen, and the faults that were injected in them. */
export class Sighted {
  readonly seen = new Map<Sighting, number>();
  readonly faults = new Map<string, number>();

  see(sighting: Sighting): void {
    this.seen.set(sighting, (this.seen.get(sighting) ?? 0) + 1);
  }

  fault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  /** Adds another's. */
  add(other: Sighted): void {
    for (const [sighting, times] of other.seen)
      this.seen.set(sighting, (this.seen.get(sighting) ?? 0) + times);
    for (const [kind, times] of other.faults) this.faults.set(kind, (this.faults.get(kind) ?? 0) + times);
  }

  /** What was never seen. */
  get missing(): Sighting[] {
    return sightings.filter((sighting) => !this.seen.has(sighting));
  }
}
