// Rates and latencies of the last minute, in memory: what the map of the pipeline shows.
//
//   F1. A record counts in the second in which its service handled it, by that service's clock; what is older than a minute
//       does not count, so a rebuild shows no rates of yesterday.
//   F2. Latency is `processed-at` − `received-at`: from the acceptance of a transaction to the service that made this
//       record of it, everything on the way included. Ingest's own records have none.
//   F3. After a restart a minute passes before the figures are whole.

import { topics } from "@riffle/contracts";
import { quantiles } from "@riffle/streams";
import type { ModelRecord } from "./projection.ts";

/** What the last minute of a topic was like. */
export interface TopicFigures {
  readonly ratePerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

const windowSeconds = 60;

const latencies = quantiles<number>([0.5, 0.99], (ms) => ms);
type Sketch = ReturnType<typeof latencies.initial>;

interface Second {
  second: number;
  records: number;
  /** Records whose latency is in the sketch. */
  measured: number;
  sketch: Sketch;
}

/** Figures of what was applied lately. */
export class Figures {
  readonly #seconds = new Map<string, Second[]>();

  /** Takes in records that were applied. */
  take(records: readonly ModelRecord[], nowMs: number): void {
    const newest = Math.floor(nowMs / 1000);
    for (const record of records) {
      const atMs = atOf(record);
      // By whole seconds: the one that began a minute ago has the place of the one that is now.
      if (atMs === null || Math.floor(atMs / 1000) <= newest - windowSeconds) continue;
      const second = this.#secondOf(record.topic, Math.floor(atMs / 1000));
      second.records++;
      if (record.processedAtMs !== null && record.receivedAtMs !== null) {
        second.measured++;
        second.sketch = latencies.add(second.sketch, Math.max(0, record.processedAtMs - record.receivedAtMs));
      }
    }
  }

  /** The last minute of a topic. */
  of(topic: string, nowMs: number): TopicFigures {
    const newest = Math.floor(nowMs / 1000);
    let records = 0;
    let measured = 0;
    let sketch = latencies.initial();
    for (const second of this.#seconds.get(topic) ?? []) {
      if (second.second <= newest - windowSeconds || second.second > newest + windowSeconds) continue;
      records += second.records;
      measured += second.measured;
      sketch = latencies.merge?.(sketch, second.sketch) ?? sketch;
    }
    const [p50Ms, p99Ms] = measured === 0 ? [] : latencies.result(sketch);
    return {
      ratePerSecond: Math.round((records * 100) / windowSeconds) / 100,
      p50Ms: finiteOrNull(p50Ms),
      p99Ms: finiteOrNull(p99Ms),
    };
  }

  #secondOf(topic: string, second: number): Second {
    let seconds = this.#seconds.get(topic);
    if (seconds === undefined) {
      seconds = Array.from({ length: windowSeconds }, () => ({
        second: -1,
        records: 0,
        measured: 0,
        sketch: latencies.initial(),
      }));
      this.#seconds.set(topic, seconds);
    }
    const found = seconds[second % windowSeconds] as Second;
    if (found.second !== second) {
      found.second = second;
      found.records = 0;
      found.measured = 0;
      found.sketch = latencies.initial();
    }
    return found;
  }
}

/** When the record came into being, by the clock of who made it. */
const atOf = (record: ModelRecord): number | null =>
  record.topic === topics.transactionsReceived.name ? record.receivedAtMs : record.processedAtMs;

const finiteOrNull = (value: number | undefined): number | null =>
  value === undefined ? null : Math.round(value * 100) / 100;
