// Stream time: how far event time has come, and what that makes late.
//
// Owns the two rules that every operator shares. Does not keep stream time (worker/task.ts does, with the state) and
// does not read a clock: while the input is idle the worker tells how late it is.
//
//   M1. Stream time is the highest event time seen; it never goes back, whatever timestamps come.
//   M2. A record is on time for a window `[start, end)` while `stream time < end + grace`; from `end + grace` on it
//       is late, and the window is closed: one comparison decides both, so no record can fall in between.
//       (test/unit/time/stream-time.test.ts, "boundary")

/**
 * Stream time after a record: `laterOf(100, 130)` is 130, `laterOf(100, 90)` stays 100.
 *
 * @param streamTimeMs stream time before, epoch milliseconds
 * @param eventTimeMs event time of the record, epoch milliseconds
 */
export const laterOf = (streamTimeMs: number, eventTimeMs: number): number =>
  Math.max(streamTimeMs, eventTimeMs);

/**
 * Whether a window is closed, and so a record that belongs to it late.
 *
 * Window `[0, 10)`, grace 2: at stream time 11 (`end + grace - 1`) it is open, at 12 (`end + grace`) it is closed.
 * Kafka Streams decides alike: windows accept records "until stream_time >= window_end + grace_period"
 * (https://kafka.apache.org/30/javadoc/org/apache/kafka/streams/kstream/Windows.html).
 */
export const isLate = (windowEndMs: number, graceMs: number, streamTimeMs: number): boolean =>
  streamTimeMs >= windowEndMs + graceMs;

/**
 * The last end that is closed: windows that end there or before are, those that end later are not. `closedEndMs(12, 2)`
 * is 10. The same rule as {@link isLate}, for comparing many ends with one stream time.
 */
export const closedEndMs = (streamTimeMs: number, graceMs: number): number => streamTimeMs - graceMs;
