// Waiting for a condition, never for a while.

import { setTimeout as delay } from "node:timers/promises";

const lookEveryMs = 25;

/** Resolves when `holds` does. @throws naming `what` when it does not within `withinMs` */
export const waitFor = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> => {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for: ${what}`);
    await delay(lookEveryMs);
  }
};
