// The clocks and timers as a port, so that tests hold the time in their hand.

/** The time, as far as this service needs it. */
export interface Clock {
  /** The wall clock, epoch milliseconds: for times that others read. It may be set, forth or back. */
  nowMs(): number;
  /** Whole milliseconds from a moment of its own; it only goes forward. For how long something takes, and for deadlines. */
  monotonicMs(): number;
  /** Calls `act` once after `ms`; returns how to call it off. */
  after(ms: number, act: () => void): () => void;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => Math.floor(performance.now()),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
