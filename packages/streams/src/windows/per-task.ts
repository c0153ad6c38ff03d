// What belongs to one task and is not state: operators and indexes that are built from the task's stores.

/**
 * Remembers one `T` per task, made at first use. A task that is thrown away after an error or a rebalance takes it
 * along, and its successor, restored from what was committed, gets a new one.
 *
 * @param create builds it from the task's stores, which are restored by then
 */
export const perTask = <K extends object, T>(create: (task: K) => T): ((task: K) => T) => {
  const made = new WeakMap<K, { readonly value: T }>();
  return (task) => {
    let entry = made.get(task);
    if (entry === undefined) {
      entry = { value: create(task) };
      made.set(task, entry);
    }
    return entry.value;
  };
};
