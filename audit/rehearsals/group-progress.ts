// How far a consumer group is, from outside: its lag, and the longest time in which it committed nothing though something
// waited.

import { setTimeout as delay } from "node:timers/promises";
import type { ClusterAdmin } from "@riffle/streams/kafka";

const lookEveryMs = 200;

/** What there is of a group at one moment. */
interface Position {
  readonly lag: number;
  /** Sum of the committed offsets. */
  readonly committed: number;
}

/** Looks at a group all the time. */
export class GroupProgress {
  readonly #look: () => Promise<Position>;
  readonly #done: Promise<void>;
  #ended = false;
  #last: Position = { lag: 0, committed: 0 };
  #lastMovedAt = performance.now();
  #longestMs = 0;

  constructor(admin: ClusterAdmin, group: string, topic: string) {
    this.#look = async () => {
      const partitions = await admin.lag(group, topic);
      return {
        lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
        committed: partitions.reduce((sum, { committed }) => sum + Math.max(0, committed), 0),
      };
    };
    this.#done = this.#run();
  }

  get lag(): number {
    return this.#last.lag;
  }

  /** The longest standstill since the last call, in seconds. */
  takeStandstill(): number {
    const seconds = this.#longestMs / 1_000;
    this.#longestMs = 0;
    return seconds;
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    for (; !this.#ended; await delay(lookEveryMs)) {
      const found = await this.#look().catch(() => undefined);
      if (found === undefined) continue;
      const now = performance.now();
      // Without lag there is nothing to commit.
      if (found.committed !== this.#last.committed || this.#last.lag === 0) this.#lastMovedAt = now;
      this.#longestMs = Math.max(this.#longestMs, now - this.#lastMovedAt);
      this.#last = found;
    }
  }
}
