// The wall clock and timers as a port, so that tests hold the time in their hand.

/** The time, as far as this service needs it. */
export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Calls `act` once after `ms`; returns how to call it off. */
  after(ms: number, act: () => void): () => void;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
