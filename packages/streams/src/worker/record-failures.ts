// Which records their handler failed at, how often, and which of them it will not be given again.
//
//   R1. A record is condemned after its last allowed failure, or after one that would come again whatever is tried: it is
//       dead-lettered instead of handled.
//   R2. What is known of a record is kept until a commit has passed it, whatever happens to other partitions.
//   R3. A failure without a record in hand (a handler that read its whole batch first) has the records of that batch
//       given one at a time, so that the next failure names one. So has a failure before a commit, which any record
//       since the last commit may have caused.

import type { HandlerError } from "../errors.ts";
import type { CommitOffset, FetchedChunk } from "../kafka/ports.ts";

/** Records that failed for good by {@link recordId}, with the last error: they are dead-lettered instead of handled. */
export type Condemned = ReadonlyMap<string, unknown>;

/** The key of {@link Condemned}. */
export const recordId = (topic: string, partition: number, offset: number): string =>
  `${topic}/${partition}/${offset}`;

interface Attempt {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  failures: number;
}

/** The memory of a worker's handler failures; lost with the process, which only grants further attempts. */
export class RecordFailures {
  readonly #attemptsMax: number;
  readonly #attempts = new Map<string, Attempt>();
  readonly #singly = new Map<string, number>();
  /** Condemned records by {@link recordId}, with their last error. */
  readonly condemned = new Map<string, unknown>();

  constructor(attemptsMax: number) {
    this.#attemptsMax = attemptsMax;
  }

  /**
   * Charges a failure to the record it names (R1).
   *
   * @param isForGood whether trying again cannot succeed
   * @returns whether that was its last: the next life gets past it
   */
  charge({ topic, partition, offset, cause }: HandlerError, isForGood: boolean): boolean {
    const id = recordId(topic, partition, offset);
    const attempt = this.#attempts.get(id) ?? { topic, partition, offset, failures: 0 };
    attempt.failures++;
    this.#attempts.set(id, attempt);
    if (!isForGood && attempt.failures < this.#attemptsMax) return false;
    this.condemned.set(id, cause);
    return true;
  }

  /** Notes that a failure lies somewhere before this offset (R3). */
  suspect(topic: string, partition: number, nextOffset: number): void {
    const name = `${topic}/${partition}`;
    this.#singly.set(name, Math.max(nextOffset, this.#singly.get(name) ?? 0));
  }

  /** Whether the chunk's records are to be given one at a time. */
  isSuspect({ topic, partition, records, nextOffset }: FetchedChunk): boolean {
    return (records[0]?.offset ?? nextOffset) < (this.#singly.get(`${topic}/${partition}`) ?? 0);
  }

  /** Forgets records that are behind a committed position now (R2). */
  passed(offsets: readonly CommitOffset[]): void {
    for (const [id, { topic, partition, offset }] of this.#attempts) {
      const committed = offsets.find((of) => of.topic === topic && of.partition === partition);
      if (committed === undefined || committed.offset <= offset) continue;
      this.#attempts.delete(id);
      this.condemned.delete(id);
    }
  }
}
