// Waiting for a condition, never for a while.

import { setTimeout as delay } from "node:timers/promises";

const lookEveryMs = 25;

/** Resolves when `holds` does; an error counts as "not yet". @throws naming `what` when it does not within `withinMs` */
export const eventually = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> => {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${withinMs} ms in vain until ${what}`, { cause: last });
    await delay(lookEveryMs);
  }
};
