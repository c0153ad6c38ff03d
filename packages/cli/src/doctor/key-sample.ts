// The most frequent key of some records. Pure.

import type { KeySample } from "./facts.ts";

/** Undefined when there is no record. */
export const sampleOf = (
  keys: readonly (Uint8Array | null)[],
  shown: (key: Uint8Array | null) => string,
): KeySample | undefined => {
  const counts = new Map<string, { readonly key: Uint8Array | null; records: number }>();
  for (const key of keys) {
    const name = key === null ? "" : Buffer.from(key).toString("hex");
    const count = counts.get(name);
    if (count === undefined) counts.set(name, { key, records: 1 });
    else count.records++;
  }
  const [top] = [...counts.values()].toSorted((a, b) => b.records - a.records);
  if (top === undefined) return undefined;
  return { records: keys.length, keys: counts.size, topKey: shown(top.key), topRecords: top.records };
};
