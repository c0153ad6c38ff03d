// Ctrl-C and SIGTERM: the first wish ends a command in order, a second one at once.
//
//   IN1. Signals within half a second of each other are one wish. Ctrl-C reaches every process of the terminal, and the
//        bootstrap passes it on besides: as two wishes they would end `tail` before it says what it left out.

import type { EventEmitter } from "node:events";
import { constants } from "node:os";

/** Echoes of one Ctrl-C arrive within milliseconds; a person pressing again takes longer. */
const sameWishMs = 500;

/**
 * Aborted by the first signal.
 *
 * @param source where signals come from: `process`
 * @param end called with 128 and the signal's number, as shells say it, when somebody insists
 * @param nowMs a clock that never goes back
 */
export const interruptedBy = (
  source: Pick<EventEmitter, "on">,
  end: (exitCode: number) => void,
  nowMs: () => number = () => performance.now(),
): AbortSignal => {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    source.on(signal, () => {
      if (firstAtMs === undefined) {
        firstAtMs = nowMs();
        controller.abort();
      } else if (nowMs() - firstAtMs > sameWishMs) end(128 + constants.signals[signal]);
    });
  return controller.signal;
};
