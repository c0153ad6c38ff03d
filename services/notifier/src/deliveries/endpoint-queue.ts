// The queue of one endpoint: which deliveries are tried when, all tasks of the process together.
//
//   Q1. At most `concurrencyMax` deliveries are under way. A delivery is under way from the beginning of its attempt until
//       what came of it is committed: so many a crash may repeat, and no more.
//   Q2. Those of one account follow one another (lane.ts); accounts do not wait for each other, endpoints neither.
//   Q3. While the circuit breaker is open nothing is tried but the one attempt that it lets through.
//   Q4. Tickets of a task that is gone are never begun; what is under way for it gives its place back when it ends.

import { formatEventTime } from "@riffle/contracts";
import { DueIndex, failPoint } from "@riffle/streams";
import { type AttemptResult, attemptError, type Channel, type Message } from "../channels/channel.ts";
import { type BreakerOptions, CircuitBreaker } from "./circuit-breaker.ts";
import { Lane } from "./lane.ts";
import type { Ticket, TicketOwner, TurnResult } from "./ticket.ts";

/** Time as the queue knows it. */
export interface QueueClock {
  /** Wall clock, epoch milliseconds. */
  nowMs(): number;
  /** Calls once; the function returned takes it back. */
  after(delayMs: number, call: () => void): () => void;
}

/** Who is told what happens at an endpoint. */
export interface QueueObserver {
  attempted?(channel: string, result: AttemptResult): void;
  opened?(channel: string): void;
}

/** What a queue works with. */
export interface EndpointQueueOptions {
  readonly channel: Channel;
  /** At least 1. */
  readonly concurrencyMax: number;
  readonly clock: QueueClock;
  readonly breaker?: BreakerOptions;
  readonly observer?: QueueObserver;
}

/** `setTimeout` fires at once for more. */
const timerMsMax = 2 ** 31 - 1;

/** Deliveries to one endpoint. */
export class EndpointQueue {
  readonly #options: EndpointQueueOptions;
  readonly #breaker: CircuitBreaker;
  readonly #due = new DueIndex();
  /** Tickets that wait for their time, by notification id. */
  readonly #waiting = new Map<string, Ticket>();
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that could begin a delivery, first come first served. */
  readonly #ready = new Set<Lane>();
  /** Deliveries under way (Q1), and whether their attempt has ended. */
  readonly #underWay = new Map<Ticket, { ended: boolean }>();
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(options: EndpointQueueOptions) {
    this.#options = options;
    this.#breaker = new CircuitBreaker(options.breaker);
  }

  /** How many deliveries are under way. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Whether the endpoint is left alone for now. */
  get open(): boolean {
    return this.#breaker.open;
  }

  /** Queues a delivery until its time. */
  add(ticket: Ticket): void {
    this.#waiting.set(ticket.notificationId, ticket);
    this.#due.add(ticket.dueMs, ticket.notificationId);
  }

  /** Gives the place of a delivery back: what came of its attempt is committed. */
  release(ticket: Ticket): void {
    if (!this.#underWay.delete(ticket)) return;
    const lane = this.#lanes.get(ticket.accountId);
    if (lane?.busy !== ticket) return;
    lane.busy = undefined;
    this.#settle(ticket.accountId, lane);
  }

  /** Forgets what a task had here (Q4). */
  abandon(owner: TicketOwner): void {
    for (const [id, ticket] of this.#waiting) if (ticket.owner === owner) this.#waiting.delete(id);
    for (const [accountId, lane] of this.#lanes) {
      if (lane.remove((ticket) => ticket.owner === owner).length > 0) this.#settle(accountId, lane);
    }
    for (const [ticket, { ended }] of this.#underWay)
      if (ended && ticket.owner === owner) this.release(ticket);
    this.pump();
  }

  /** Begins nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** Begins what may begin now, and sets the time of the next look. */
  pump(): void {
    if (this.#stopped) return;
    const nowMs = this.#options.clock.nowMs();
    this.#takeDue(nowMs);
    for (const lane of this.#ready) {
      if (this.#underWay.size >= this.#options.concurrencyMax || !this.#breaker.mayTry(nowMs)) break;
      this.#ready.delete(lane);
      this.#beginNext(lane);
    }
    this.#setTimer(nowMs);
  }

  #takeDue(nowMs: number): void {
    for (let due = this.#due.takeDue(nowMs); due; due = this.#due.takeDue(nowMs)) {
      for (const id of due.keys) {
        const ticket = this.#waiting.get(id);
        // One that was forgotten, or queued anew for another time, is passed over.
        if (ticket === undefined || ticket.dueMs !== due.dueMs) continue;
        this.#waiting.delete(id);
        this.#enterLane(ticket);
      }
    }
  }

  #enterLane(ticket: Ticket): void {
    let lane = this.#lanes.get(ticket.accountId);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(ticket.accountId, lane);
    }
    lane.add(ticket);
    if (lane.ready) this.#ready.add(lane);
  }

  #settle(accountId: string, lane: Lane): void {
    if (lane.ready) this.#ready.add(lane);
    else this.#ready.delete(lane);
    if (lane.empty) this.#lanes.delete(accountId);
  }

  #beginNext(lane: Lane): void {
    for (let ticket = lane.take(); ticket !== undefined; ticket = lane.take()) {
      const message = ticket.owner.signal.aborted ? undefined : ticket.owner.messageOf(ticket);
      if (message === undefined) {
        if (lane.empty) this.#lanes.delete(ticket.accountId);
        continue;
      }
      lane.busy = ticket;
      this.#underWay.set(ticket, { ended: false });
      this.#breaker.began();
      void this.#attempt(ticket, message);
      return;
    }
  }

  /** Never rejects. */
  async #attempt(ticket: Ticket, message: Message): Promise<void> {
    const { owner } = ticket;
    try {
      failPoint("before-delivery");
      const result = await this.#resultOf(message, owner.signal);
      failPoint("after-delivery");
      if (owner.signal.aborted) this.#breaker.unheard();
      else this.#learn(result);
      this.#options.observer?.attempted?.(ticket.channel, result);
      this.#end(ticket, { kind: "attempted", result });
    } catch (error) {
      this.#breaker.unheard();
      owner.broke(error);
      this.#underWay.set(ticket, { ended: true });
      if (owner.signal.aborted) this.release(ticket);
    }
    this.pump();
  }

  /** A channel that throws has failed like any other: its messages come to their outcome, and hold nobody up. */
  async #resultOf(message: Message, signal: AbortSignal): Promise<AttemptResult> {
    const startMs = this.#options.clock.nowMs();
    try {
      return await this.#options.channel.attempt(message, signal);
    } catch (cause) {
      const error = attemptError(`the channel failed: ${cause instanceof Error ? cause.name : "unknown"}`);
      const durationMs = Math.max(0, this.#options.clock.nowMs() - startMs);
      return { attempt: { at: formatEventTime(startMs), status: null, durationMs, error }, verdict: "retry" };
    }
  }

  #end(ticket: Ticket, result: TurnResult): void {
    this.#underWay.set(ticket, { ended: true });
    if (ticket.owner.signal.aborted) this.release(ticket);
    else ticket.owner.ended(ticket, result);
  }

  #learn({ verdict, retryAfterMs }: AttemptResult): void {
    if (verdict !== "retry") {
      this.#breaker.succeeded();
      return;
    }
    const nowMs = this.#options.clock.nowMs();
    if (!this.#breaker.failed(nowMs, retryAfterMs)) return;
    this.#options.observer?.opened?.(this.#options.channel.name);
    this.#endPatience(this.#breaker.failingSinceMs ?? nowMs);
  }

  /** Deliveries whose patience ends while the endpoint is out of reach come to their outcome without a further attempt. */
  #endPatience(sinceMs: number): void {
    for (const [accountId, lane] of this.#lanes) {
      const tired = lane.remove(
        (ticket) => !ticket.owner.signal.aborted && ticket.owner.isTired(ticket, sinceMs),
      );
      if (tired.length === 0) continue;
      for (const ticket of tired) ticket.owner.ended(ticket, { kind: "unreachable", sinceMs });
      this.#settle(accountId, lane);
    }
  }

  #setTimer(nowMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const held = this.#ready.size > 0 && this.#underWay.size < this.#options.concurrencyMax;
    const times = [this.#due.earliestMs, held ? this.#breaker.opensAtMs : undefined];
    const nextMs = Math.min(...times.filter((time) => time !== undefined));
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(Math.max(0, nextMs - nowMs), timerMsMax);
    this.#cancelTimer = this.#options.clock.after(delayMs, () => this.pump());
  }
}
