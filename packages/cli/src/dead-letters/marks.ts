// Which dead letters were sent again.
//
//   M1. A mark counts for the dead letter only if it names the same original record: a dead-letter topic that was deleted
//       and created anew begins at offset 0 again, and its dead letters have not been sent.

import { headerNames, redriveKey, topics } from "@riffle/contracts";
import type { RawRecord } from "@riffle/streams";
import { type DeadLetter, lastHeader } from "./dead-letter.ts";
import { type Place, placeText } from "./place.ts";

interface Mark {
  readonly original: Place;
  readonly atMs: number;
}

/** The marks of a topic of marks. */
export class Marks {
  readonly #marks = new Map<string, Mark>();

  /** Takes a record of the topic in. @throws ContractError when it is no mark: then nobody can say what was sent */
  add({ key, value, timestampMs, headers }: RawRecord): void {
    const name = Buffer.from(key ?? []).toString("utf8");
    if (value === null) {
      this.#marks.delete(name);
      return;
    }
    const { original } = topics.deadLettersRedriven.codec.decode(
      value,
      lastHeader(headers, headerNames.schema),
    );
    this.#marks.set(name, { original, atMs: timestampMs });
  }

  /** When the dead letter was sent again, epoch milliseconds; undefined when it was not. */
  sentAtMs({ place, original }: DeadLetter): number | undefined {
    const mark = this.#marks.get(redriveKey(place));
    if (mark === undefined || original === undefined) return undefined;
    return placeText(mark.original) === placeText(original) ? mark.atMs : undefined;
  }
}
