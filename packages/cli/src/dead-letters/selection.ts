// Which dead letters are meant, and in which order they are sent.
//
//   S1. Dead letters are sent in the order in which their records stood in the partition they came from: the order of
//       each account, as it was.

import type { DeadLetter } from "./dead-letter.ts";
import { comparePlaces, placeText } from "./place.ts";
import type { RedrivableLetter } from "./redriven-record.ts";

/** What is asked of a dead letter. */
export interface Criteria {
  readonly reason?: string | undefined;
  /** Earliest event time, epoch milliseconds. */
  readonly sinceMs?: number | undefined;
  /** Only these, as `<topic>/<partition>/<offset>`. */
  readonly places?: ReadonlySet<string> | undefined;
}

/** Whether the dead letter is meant. */
export const fits = (letter: DeadLetter, { reason, sinceMs, places }: Criteria): boolean =>
  (reason === undefined || letter.reasonCode === reason) &&
  (sinceMs === undefined || letter.record.timestampMs >= sinceMs) &&
  (places === undefined || places.has(placeText(letter.place)));

/** The dead letters in the order in which they are sent (S1); equals keep the order of the dead-letter topic. */
export const inOriginalOrder = (letters: readonly RedrivableLetter[]): RedrivableLetter[] =>
  letters.toSorted((a, b) => comparePlaces(a.original, b.original) || comparePlaces(a.place, b.place));

/** Batches of consecutive dead letters, each for one transaction. */
export const inBatches = (
  letters: readonly RedrivableLetter[],
  { recordsMax, bytesMax }: { readonly recordsMax: number; readonly bytesMax: number },
): RedrivableLetter[][] => {
  const batches: RedrivableLetter[][] = [];
  let bytes = 0;
  for (const letter of letters) {
    const size = (letter.record.key?.length ?? 0) + (letter.record.value?.length ?? 0);
    const batch = batches.at(-1);
    if (batch === undefined || batch.length >= recordsMax || bytes + size > bytesMax) {
      batches.push([letter]);
      bytes = size;
    } else {
      batch.push(letter);
      bytes += size;
    }
  }
  return batches;
};

/** The key of an account's records in one partition: two of the same one have an order to keep. */
export const accountIn = ({ record, original }: DeadLetter): string =>
  `${original?.topic}/${original?.partition}/${Buffer.from(record.key ?? []).toString("hex")}`;
