// The proof: whether the events of a case are all there, unchanged and in order; and if not, which one is wrong.
//
//   P1. The first fault is named and the case is not folded past it: what comes after would only repeat it.
//   P2. Each event is judged by its own hash first, so a changed event is named itself and not its successor.
//   P3. A log that was cut at its end, or whose end was written anew, is whole in itself. A snapshot beyond the cut tells.
import { type CaseEvent, type CaseSnapshot, firstPreviousHash } from "@riffle/contracts";
import { canonicalJson } from "./canonical.ts";
import { hashOf } from "./chain.ts";
import { CaseError } from "./errors.ts";
import { evolve } from "./evolve.ts";

/** What can be wrong with a case's events. */
export type ChainFaultKind =
  /** The event is not the one that was written. */
  | "changed"
  /** An event is not there. */
  | "removed"
  /** The event stands elsewhere than where it was written. */
  | "re-ordered"
  /** The event is there twice. */
  | "repeated"
  /** The event belongs to another case or account. */
  | "foreign"
  /** The chain holds, and yet the event can not follow: whoever wrote it was wrong. */
  | "impossible"
  /** The events up to a snapshot's version do not make that snapshot. */
  | "snapshot-differs";

/** A fault, and where. */
export interface ChainFault {
  readonly kind: ChainFaultKind;
  readonly caseId: string;
  /** Version of the event at fault. */
  readonly version: number;
  /** Its place in what was given, from 0; where it is missing, the place at which it is missed. */
  readonly at: number;
  /** One sentence. */
  readonly message: string;
}

/** What came of the proof of one case. */
export type ChainReport =
  | {
      readonly ok: true;
      readonly caseId: string;
      readonly version: number;
      readonly lastHash: string;
      readonly state: CaseSnapshot;
    }
  | { readonly ok: false; readonly fault: ChainFault };

/**
 * Checks the events of one case, in the order in which they stand in the log, as the codec of `cases.events.v1` reads them.
 *
 * @throws RangeError when there are none
 */
export function verifyChain(given: Iterable<CaseEvent>): ChainReport {
  const events = [...given];
  const first = events[0];
  if (first === undefined) throw new RangeError("verify a case: no events were given; give at least one");
  const places = new Map(events.map(({ version }, at) => [version, at] as const));
  let state: CaseSnapshot | undefined;
  for (const [at, event] of events.entries()) {
    const fault = faultAt(event, at, { first, state, places, events });
    if (fault !== undefined) return { ok: false, fault };
    try {
      state = evolve(state, event);
    } catch (error) {
      if (!(error instanceof CaseError)) throw error;
      return { ok: false, fault: faultOf("impossible", event, at, error.message) };
    }
  }
  // There was a first event, so there is a case.
  const proven = state as CaseSnapshot;
  return {
    ok: true,
    caseId: proven.id,
    version: proven.version,
    lastHash: proven.lastHash,
    state: proven,
  };
}

/** What an event is judged beside. */
interface Surroundings {
  readonly first: CaseEvent;
  readonly state: CaseSnapshot | undefined;
  /** Where each version stands last. */
  readonly places: ReadonlyMap<number, number>;
  readonly events: readonly CaseEvent[];
}

function faultAt(event: CaseEvent, at: number, around: Surroundings): ChainFault | undefined {
  const { first, state } = around;
  if (hashOf(event) !== event.hash)
    return faultOf("changed", event, at, "its content does not have the hash that it carries");
  if (event.caseId !== first.caseId || event.accountId !== first.accountId)
    return faultOf("foreign", event, at, `it belongs to another case than ${first.caseId}`);
  const expected = (state?.version ?? 0) + 1;
  if (event.version !== expected) return misplaced(event, at, expected, around);
  const lastHash = state?.lastHash ?? firstPreviousHash;
  if (event.previousHash === lastHash) return undefined;
  if (state === undefined)
    return faultOf("changed", event, at, "the first event of a case follows no other, and this one does");
  const before = around.events[at - 1] ?? event;
  return faultOf("changed", before, at - 1, `version ${event.version} was written after another event`);
}

function misplaced(event: CaseEvent, at: number, expected: number, around: Surroundings): ChainFault {
  const { caseId } = event;
  if (event.version < expected) {
    const same = around.events.slice(0, at).some(({ hash }) => hash === event.hash);
    return same
      ? faultOf("repeated", event, at, "it stands in the log already")
      : faultOf("changed", event, at, `another event with version ${event.version} stands before it`);
  }
  const later = around.places.get(expected);
  if (later === undefined) {
    const message = `Version ${expected} of ${caseId} is missing: version ${event.version} stands where it should be.`;
    return { kind: "removed", caseId, version: expected, at, message };
  }
  return faultOf("re-ordered", event, at, `version ${expected} comes only after it, at place ${later}`);
}

function faultOf(
  kind: ChainFaultKind,
  { caseId, version, type }: CaseEvent,
  at: number,
  why: string,
): ChainFault {
  return { kind, caseId, version, at, message: `Version ${version} of ${caseId} (${type}): ${why}.` };
}

/** What a log holds, for {@link verifyLog}. */
export interface CaseLog {
  /** Events of any number of cases, each case's in the order of its partition. */
  readonly events: Iterable<CaseEvent>;
  /** Snapshots to be held against them, any number of any case. */
  readonly snapshots?: Iterable<CaseSnapshot>;
}

/** What came of the proof of a log. */
export interface LogReport {
  readonly cases: number;
  readonly events: number;
  readonly snapshots: number;
  /** The first fault of each case that has one, and snapshots that differ. None: the log is proven. */
  readonly faults: readonly ChainFault[];
}

/** Checks all cases of a log, and the snapshots against their events. */
export function verifyLog({ events, snapshots = [] }: CaseLog): LogReport {
  const byCase = Map.groupBy(events, ({ caseId }) => caseId);
  const faults: ChainFault[] = [];
  const open = new Map<string, string>();
  let total = 0;
  for (const own of byCase.values()) {
    total += own.length;
    const report = verifyChain(own);
    if (!report.ok) faults.push(report.fault);
    else faults.push(...secondOpenCase(report.state, open));
  }
  const compared = [...snapshots];
  for (const snapshot of compared) {
    const fault = faultOfSnapshot(snapshot, byCase.get(snapshot.id) ?? []);
    if (fault !== undefined) faults.push(fault);
  }
  return { cases: byCase.size, events: total, snapshots: compared.length, faults };
}

/** @param open the open case of each account that was seen; this one is added */
function secondOpenCase(state: CaseSnapshot, open: Map<string, string>): ChainFault[] {
  const { id, accountId, status, version } = state;
  if (status === "closed") return [];
  const other = open.get(accountId);
  open.set(accountId, id);
  if (other === undefined) return [];
  const message = `Case ${id} and case ${other} of one account are both open.`;
  return [{ kind: "impossible", caseId: id, version, at: version - 1, message }];
}

function faultOfSnapshot(snapshot: CaseSnapshot, events: readonly CaseEvent[]): ChainFault | undefined {
  const { id: caseId, version } = snapshot;
  const at = Math.min(version, events.length);
  if (events.length < version) {
    const message = `A snapshot of ${caseId} covers version ${version}, and the log ends at ${events.length}: its end is missing.`;
    return { kind: "removed", caseId, version: events.length + 1, at, message };
  }
  try {
    let state: CaseSnapshot | undefined;
    for (const event of events.slice(0, version)) state = evolve(state, event);
    if (canonicalJson(state) === canonicalJson(snapshot)) return undefined;
  } catch (error) {
    // The chain's own fault is on record already.
    if (error instanceof CaseError) return undefined;
    throw error;
  }
  const message = `The events of ${caseId} up to version ${version} do not make its snapshot.`;
  return { kind: "snapshot-differs", caseId, version, at, message };
}
