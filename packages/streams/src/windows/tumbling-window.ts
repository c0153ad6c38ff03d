// Tumbling windows: hopping windows that do not overlap. Each is one pane, so nothing is ever put together, and a fold
// without a merge will do.

import type { KeyValueStore } from "../state/store.ts";
import { type HoppingOptions, type HoppingState, HoppingWindows } from "./hopping-window.ts";

/** How long the windows are, how long they wait, and what they keep. */
export type TumblingOptions<V, A, R> = Omit<HoppingOptions<V, A, R>, "advanceMs">;

/** What is stored of a key. */
export type TumblingState<A> = HoppingState<A>;

/**
 * The tumbling windows of one task, `[n · size, (n + 1) · size)`. Build it from a restored store.
 *
 * Size 10, grace 2, counts. Records at 0, 9, 10: stream time 12 = 10 + 2 closes `[0, 10)` with 2; the record at 10 is in
 * `[10, 20)`. A record at 9 is on time at stream time 11 and late for `[0, 10)` at 12, and then counts nowhere.
 */
export class TumblingWindows<V, A, R> extends HoppingWindows<V, A, R> {
  /** @throws StreamsConfigError naming every option that is out of its range */
  constructor(store: KeyValueStore<TumblingState<A>>, options: TumblingOptions<V, A, R>) {
    super(store, { ...options, advanceMs: options.sizeMs });
  }
}
