// The rest of an answer whose status is known already: read within bounds, so that its connection can be used again.

import type { Readable } from "node:stream";

/** How much of it is read at most. */
export interface RestBounds {
  readonly bytesMax: number;
  readonly msMax: number;
}

/** Reads to the end and keeps nothing; destroys what is longer, or takes longer, than the bounds. */
export const readRest = (answer: Readable, { bytesMax, msMax }: RestBounds): void => {
  let bytesLeft = bytesMax;
  const timer = setTimeout(() => answer.destroy(), msMax);
  answer
    .on("data", (chunk: Buffer) => {
      bytesLeft -= chunk.length;
      if (bytesLeft < 0) answer.destroy();
    })
    // What breaks off now changes nothing any more.
    .on("error", () => {})
    .once("close", () => clearTimeout(timer));
};
