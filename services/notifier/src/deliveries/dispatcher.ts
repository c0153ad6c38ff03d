// The dispatcher: the queues of all endpoints of this process.
//
//   D1. An endpoint has a queue of its own, so a dead one delays nobody else.
//   D2. It knows nothing that is not in the state of a task: what it holds is built anew when a task begins.

import type { Channel } from "../channels/channel.ts";
import type { BreakerOptions } from "./circuit-breaker.ts";
import { EndpointQueue, type QueueClock, type QueueObserver } from "./endpoint-queue.ts";
import type { Ticket, TicketOwner } from "./ticket.ts";

/** An endpoint to deliver to. */
export interface DispatchedEndpoint {
  readonly channel: Channel;
  /** Most deliveries under way at once, at least 1. */
  readonly concurrencyMax: number;
}

/** What a dispatcher works with. */
export interface DispatcherOptions {
  readonly endpoints: readonly DispatchedEndpoint[];
  readonly clock: QueueClock;
  readonly breaker?: BreakerOptions;
  readonly observer?: QueueObserver;
}

/** A task as the dispatcher knows it. */
export interface DeliveringTask extends TicketOwner {
  /** An endpoint said to another task that it wants nothing any more. */
  disabledElsewhere(channel: string, reason: string): void;
}

/** What an endpoint's queue looks like now. */
export interface QueueFigures {
  readonly channel: string;
  readonly underWay: number;
  /** Whether its circuit breaker is open. */
  readonly open: boolean;
}

/** How long a shutdown waits between looks at what is under way. */
const drainPollMs = 20;

/** The queues of a process. */
export class Dispatcher {
  readonly #queues = new Map<string, EndpointQueue>();
  readonly #tasks = new Set<DeliveringTask>();
  readonly #clock: QueueClock;

  constructor({ endpoints, ...surroundings }: DispatcherOptions) {
    this.#clock = surroundings.clock;
    for (const endpoint of endpoints)
      this.#queues.set(endpoint.channel.name, new EndpointQueue({ ...endpoint, ...surroundings }));
  }

  /** Takes a task in until its signal is aborted. */
  enlist(task: DeliveringTask): void {
    this.#tasks.add(task);
    task.signal.addEventListener("abort", () => {
      this.#tasks.delete(task);
      for (const queue of this.#queues.values()) queue.abandon(task);
    });
  }

  /** Takes back what was committed, queues what is new, and begins what may begin. */
  update({
    released,
    added,
  }: {
    readonly released: readonly Ticket[];
    readonly added: readonly Ticket[];
  }): void {
    const changed = new Set<EndpointQueue>();
    const queueOf = ({ channel }: Ticket): EndpointQueue | undefined => {
      const queue = this.#queues.get(channel);
      if (queue !== undefined) changed.add(queue);
      return queue;
    };
    for (const ticket of released) queueOf(ticket)?.release(ticket);
    for (const ticket of added) queueOf(ticket)?.add(ticket);
    for (const queue of changed) queue.pump();
  }

  /** Tells the other tasks of this process that an endpoint wants nothing any more. */
  announceDisabled(by: DeliveringTask, channel: string, reason: string): void {
    for (const task of this.#tasks) if (task !== by) task.disabledElsewhere(channel, reason);
  }

  /** What the queues look like now. */
  figures(): QueueFigures[] {
    return [...this.#queues].map(([channel, { underWay, open }]) => ({ channel, underWay, open }));
  }

  /**
   * Begins nothing any more, and waits until what is under way has come to an end and is committed.
   *
   * @param withinMs after which it waits no longer; what is left is repeated by the next owner
   */
  async drain(withinMs: number): Promise<void> {
    for (const queue of this.#queues.values()) queue.stop();
    const deadlineMs = this.#clock.nowMs() + withinMs;
    const busy = (): boolean => [...this.#queues.values()].some(({ underWay }) => underWay > 0);
    while (busy() && this.#clock.nowMs() < deadlineMs)
      await new Promise<void>((resolve) => void this.#clock.after(drainPollMs, resolve));
  }
}
