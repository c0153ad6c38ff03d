// Order within an account, from the client's answers to ingest's topic (P3): what was sent after another transaction of
// the account had been answered 202 stands behind it. What was under way at the same time may stand in any order.

import type { Transaction } from "@riffle/contracts";
import type { Attempt } from "./load-log.ts";

interface Placed {
  readonly id: string;
  /** Step of the first 202, if there was one. */
  readonly answeredAt: number;
  /** Step of the first attempt. */
  readonly sentAt: number;
  /** Where it stands first. */
  readonly position: number;
}

const shown = 3;

/** Every account whose order is broken, in words; empty when none is. */
export const accountOrderFaults = (
  attempts: Iterable<Attempt>,
  received: readonly (readonly Transaction[])[],
): string[] => {
  const sent = stepsOf(attempts);
  const faults = received.flatMap((partition) =>
    [...placedByAccount(partition, sent)].flatMap(([account, placed]) => {
      const overtaken = firstOvertaken(placed);
      return overtaken === undefined ? [] : [`${account}: ${overtaken}`];
    }),
  );
  if (faults.length <= shown) return faults;
  return [...faults.slice(0, shown), `and ${faults.length - shown} more accounts out of order`];
};

interface Steps {
  sentAt: number;
  answeredAt: number;
}

const stepsOf = (attempts: Iterable<Attempt>): Map<string, Steps> => {
  const found = new Map<string, Steps>();
  for (const { id, outcome, sentAt, answeredAt } of attempts) {
    const steps = found.get(id) ?? { sentAt, answeredAt: Number.POSITIVE_INFINITY };
    steps.sentAt = Math.min(steps.sentAt, sentAt);
    if (outcome === "accepted") steps.answeredAt = Math.min(steps.answeredAt, answeredAt);
    found.set(id, steps);
  }
  return found;
};

const placedByAccount = (
  partition: readonly Transaction[],
  sent: ReadonlyMap<string, Steps>,
): Map<string, Placed[]> => {
  const seen = new Set<string>();
  const placed = new Map<string, Placed[]>();
  partition.forEach(({ id, accountId }, position) => {
    const steps = sent.get(id);
    if (steps === undefined || seen.has(id)) return;
    seen.add(id);
    const of = placed.get(accountId);
    if (of === undefined) placed.set(accountId, [{ id, ...steps, position }]);
    else of.push({ id, ...steps, position });
  });
  return placed;
};

/** The first that stands before one that had been answered before it was sent. */
const firstOvertaken = (placed: readonly Placed[]): string | undefined => {
  const bySent = placed.toSorted((a, b) => a.sentAt - b.sentAt);
  const byAnswer = placed.toSorted((a, b) => a.answeredAt - b.answeredAt);
  let answered = 0;
  let last: Placed | undefined;
  for (const one of bySent) {
    for (let next = byAnswer[answered]; next !== undefined && next.answeredAt < one.sentAt; ) {
      if (last === undefined || next.position > last.position) last = next;
      next = byAnswer[++answered];
    }
    if (last !== undefined && last.position > one.position)
      return `${one.id} was sent after ${last.id} had been answered, and stands before it`;
  }
  return undefined;
};
