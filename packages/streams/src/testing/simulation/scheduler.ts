// Virtual time: events in order of their time, one after the other.
//
//   V1. Nothing takes time but waiting, and waiting takes no real time.
//   V2. After each event everything that it set going has come to rest at a timer or a request before the next one.
//   V3. Events of the same time come in the order in which they were asked for, so a run is a function of its seed.

import type { CancelTimer, Clock } from "../../clock.ts";

interface ScheduledEvent {
  readonly at: number;
  readonly order: number;
  call: (() => void) | undefined;
}

/** The events of a run. */
export class Scheduler {
  /** Epoch milliseconds, virtual. */
  now = 1_700_000_000_000;
  /** How many events have happened. */
  events = 0;
  readonly #heap: ScheduledEvent[] = [];
  #order = 0;

  after(ms: number, call: () => void): CancelTimer {
    const event: ScheduledEvent = { at: this.now + Math.max(0, ms), order: this.#order++, call };
    this.#push(event);
    return () => {
      event.call = undefined;
    };
  }

  /** The same as a clock, of whole milliseconds: time of those that no fault befalls. */
  readonly clock: Clock = {
    now: () => Math.floor(this.now),
    delay: (ms) => new Promise((resolve) => this.after(ms, resolve)),
    after: (ms, call) => this.after(ms, call),
    every: (ms, call) => repeated((again) => this.after(ms, again), call),
  };

  /** Lets events happen until `done`, or until the time is over. @returns whether it was done */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    const deadline = this.now + limitMs;
    await atRest();
    while (!done()) {
      const event = this.#pop();
      if (event === undefined || event.at > deadline) {
        if (event !== undefined) this.#push(event);
        this.now = deadline;
        return done();
      }
      if (event.call === undefined) continue;
      this.now = Math.max(this.now, event.at);
      this.events++;
      event.call();
      await atRest();
    }
    return true;
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as ScheduledEvent)) break;
      heap[at] = heap[parent] as ScheduledEvent;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): ScheduledEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        isBefore(heap[child + 1] as ScheduledEvent, heap[child] as ScheduledEvent)
      )
        child++;
      if (!isBefore(heap[child] as ScheduledEvent, last)) break;
      heap[at] = heap[child] as ScheduledEvent;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** Calls whenever `after` comes round, and then waits for the next time. */
export const repeated = (after: (again: () => void) => CancelTimer, call: () => void): CancelTimer => {
  let cancel: CancelTimer = () => {};
  const again = (): void => {
    cancel = after(() => {
      again();
      call();
    });
  };
  again();
  return () => cancel();
};

const isBefore = (a: ScheduledEvent, b: ScheduledEvent): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

/** All promises that can go on have gone on once the event loop comes round: nothing in a run does real I/O. */
const atRest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
