// Windows: intervals of event time, and what their operators have in common.
//
//   W1. A window is half-open, `[start, end)`: a record at `start` is inside, one at `end` is not.
//   W2. Aligned windows start at multiples of their advance, counted from the epoch, before it too.
//   W3. A record is on time for a window while `stream time < end + grace`; from `end + grace` on it is late.
//   W4. A closed window is told as `final`, once. Finals are told between records, as stream time passes, by end and then
//       by key: neither batches nor restarts change them.
//   W5. With `emit: "on-update"` the open windows that changed since updates were last told are told as `update`, each
//       once, with its newest value: `tellUpdates`, called before each atomic commit, tells a window at most once in a
//       commit. Commits depend on timing, so which updates there are does too; finals do not.
//       (test/unit/windows/hopping-window.test.ts, "boundaries"; test/unit/windows/emit.test.ts)

/** An interval of event time, `[startMs, endMs)`, in epoch milliseconds. */
export interface Window {
  /** The first millisecond inside. */
  readonly startMs: number;
  /** The first millisecond outside. */
  readonly endMs: number;
}

/** One record as a window operator sees it. */
export interface Observation<V = number> {
  /** Whose window it is. */
  readonly key: string;
  /** Event time, epoch milliseconds; at most `streamTimeMs`. */
  readonly timestampMs: number;
  /** What the aggregate takes. */
  readonly value: V;
  /** The task's stream time, epoch milliseconds, with this record taken in. */
  readonly streamTimeMs: number;
}

/**
 * What an operator tells of a window.
 *
 * - `final`: it has closed, and this will not change (W4).
 * - `update`: it is open, and this is its newest value (W5).
 * - `withdrawn`: it was told as an update and is no window any more, because a session grew beyond it; never a final.
 *   Its start is the one it was told with, its end that of the session it is part of now.
 */
export type WindowResult<R> =
  | { readonly kind: "final" | "update"; readonly key: string; readonly window: Window; readonly value: R }
  | { readonly kind: "withdrawn"; readonly key: string; readonly window: Window };

/** Takes results. Make it once for a task, not once for a record. */
export type Emit<R> = (result: WindowResult<R>) => void;

/**
 * When windows are told.
 *
 * - `on-close`: once, final.
 * - `on-update`: also before, as they change (W5). Costs the putting together of every changed window in every commit.
 */
export type EmitStrategy = "on-close" | "on-update";

/**
 * What all kinds of windows can do. Order of calls, for each batch: `observe` for each record, then `closeDue`. A batch
 * may be empty, which is how windows close though traffic stops. With `on-update`, `tellUpdates` before each commit:
 *
 *     const windowsOf = perTask((task) => {
 *       const windows = new HoppingWindows(task.store(sums), { ...shape, emit: "on-update" });
 *       task.beforeCommit(() => windows.tellUpdates(task.streamTimeMs, emit));
 *       return windows;
 *     });
 */
export interface WindowOperator<V, R> {
  /**
   * Closes what is due, then counts the record in every window it is on time for.
   *
   * @returns the windows the record is late for, by end: what goes to the late sink. The same empty list each time the
   * record is on time
   * @throws what the aggregate throws. With its guards the record is then counted nowhere; in any case the task must be
   * thrown away, as the engine does after every error
   */
  observe(observation: Observation<V>, emit: Emit<R>): readonly Window[];
  /** Tells and forgets every window that stream time has closed. Cheap when there is none. */
  closeDue(streamTimeMs: number, emit: Emit<R>): void;
  /**
   * Tells the open windows that changed since it was last called, by end and then by key (W5). For `task.beforeCommit`.
   * Nothing with `on-close`, and with sliding windows, which are told at each record.
   */
  tellUpdates(streamTimeMs: number, emit: Emit<R>): void;
}

/** The windows a record is late for, when it is on time for all. */
export const noWindows: readonly Window[] = Object.freeze([]);

/** Earlier end first, then key in code unit order (W4). */
export const byEndThenKey = (
  a: { readonly key: string; readonly window: Window },
  b: { readonly key: string; readonly window: Window },
): number => a.window.endMs - b.window.endMs || (a.key < b.key ? -1 : Number(a.key > b.key));

/** Notes a time at which a key changed. */
export const noteChange = (changed: Map<string, Set<number>>, key: string, atMs: number): void => {
  const times = changed.get(key);
  if (times === undefined) changed.set(key, new Set([atMs]));
  else times.add(atMs);
};
