// How large the stores of a worker are, over its tasks, and how they are used.

import type { StoreMeter } from "../state/metered-store.ts";
import type { StoreFigures } from "./observer.ts";
import type { PartitionTask } from "./task.ts";

/** The figures of every store that is metered, with the entries that the tasks have of it now. */
export const storeFigures = (
  meters: ReadonlyMap<string, StoreMeter>,
  tasks: Iterable<PartitionTask>,
): StoreFigures[] => {
  const entries = new Map<string, number>();
  for (const task of tasks)
    for (const [name, store] of task.stores()) entries.set(name, (entries.get(name) ?? 0) + store.size);
  return [...meters].map(([store, meter]) => ({
    store,
    entries: entries.get(store) ?? 0,
    operations: meter.figures(),
  }));
};
