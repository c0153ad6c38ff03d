// Records that nobody can read, told while they come by: how many in a row, and where, not one by one.

import type { Piece } from "./record-source.ts";

interface Run {
  readonly topic: string;
  readonly partition: number;
  readonly first: number;
  last: number;
  records: number;
}

/** Counts them. */
export class Skipped {
  /** Since the beginning. */
  total = 0;
  #runs: Run[] = [];

  add({ topic, partition }: Omit<Piece, "records">, offset: number): void {
    this.total++;
    const run = this.#runs.at(-1);
    if (run?.topic === topic && run.partition === partition) {
      run.records++;
      run.last = offset;
    } else this.#runs.push({ topic, partition, first: offset, last: offset, records: 1 });
  }

  /** A line for each stretch of them since the last call. */
  lines(): string[] {
    const runs = this.#runs;
    this.#runs = [];
    return runs.map(({ topic, partition, first, last, records }) => {
      const where = first === last ? `at ${first}` : `from ${first} to ${last}`;
      return `… ${records} skipped: no codec of this build reads ${topic}/${partition} ${where}.`;
    });
  }
}
