// The clock port: the wall clock and the waits of the client and the worker, so that a simulation can hand in time of
// its own. Durations that are only reported are not measured with it.

import { setTimeout as delay } from "node:timers/promises";

/** Takes a wait back; does nothing when it is over. */
export type CancelTimer = () => void;

/** Time as the client and the worker know it, in milliseconds. */
export interface Clock {
  /** Wall clock, epoch milliseconds. */
  now(): number;
  delay(ms: number): Promise<void>;
  /** Calls once. */
  after(ms: number, call: () => void): CancelTimer;
  /** Calls again and again, the first time after `ms`. */
  every(ms: number, call: () => void): CancelTimer;
}

/** The machine's own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  delay: async (ms) => {
    await delay(ms);
  },
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, call) => {
    const timer = setInterval(call, ms);
    return () => clearInterval(timer);
  },
};
