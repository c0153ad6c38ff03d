// How many records of an atomic commit go where.

import type { OutgoingRecord } from "./record.ts";

/** Records by topic; topics without any are left out. Per record it compares: those of one topic stand together. */
export const countByTopic = (records: readonly OutgoingRecord[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  let from = 0;
  for (let i = 1; i <= records.length; i++) {
    const topic = (records[from] as OutgoingRecord).topic;
    if (i < records.length && records[i]?.topic === topic) continue;
    counts.set(topic, (counts.get(topic) ?? 0) + i - from);
    from = i;
  }
  return counts;
};
