// The deliveries of one task: alerts become owed, attempts' results become state and outcomes.
//
//   T1. All of it happens in the task's handlers, so it is committed with the rest: what is owed with the alert's
//       position, an outcome with the end of what was owed. Between two commits nobody can see half of it.
//   T2. An attempt begins only after the commit that made its delivery owed, or noted the attempt before it.
//   T3. Sequences of an account and a channel rise by one with each message, in the order of the alerts.
//   T4. Every delivery comes to exactly one outcome, a paused endpoint's after it was resumed.
//   T5. A delivery ends without an attempt of its own only when its endpoint is gone, disabled, or was out of reach, all the
//       while that it was owed and not paused, for as long as its schedule lasts.
//   T6. The wall clock enters nothing but delivery records: attempts, due times, states of endpoints.

import {
  type Alert,
  type DeadLetterReason,
  type EndpointState,
  headerNames,
  longRetentionMs,
  notificationId,
  topics,
} from "@riffle/contracts";
import type { KeyValueStore, StreamRecord, Task } from "@riffle/streams";
import type { AttemptResult, Message } from "../channels/channel.ts";
import type { Endpoint } from "../endpoint.ts";
import type { DeliveringTask, Dispatcher } from "./dispatcher.ts";
import { deliveryStores, type OwedDelivery, type TakenRedelivery } from "./owed-delivery.ts";
import { retryDelayMs, unreachableMsMax } from "./retry-schedule.ts";
import type { Ticket, TurnResult } from "./ticket.ts";

/** What deliveries need besides their task. */
export interface DeliveryOptions {
  /** Configured endpoints by channel name, in the order in which they are told. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly dispatcher: Dispatcher;
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
  /** Told how many alerts of a rule no endpoint wanted, once the atomic commit that covers them has succeeded. */
  readonly onUnwanted?: (rule: string, count: number) => void;
  /** Told of each delivery that came to its outcome, once that is committed. */
  readonly onOutcome?: (channel: string, outcome: Outcome) => void;
}

/** How a delivery ended: delivered, or why it was dead-lettered. */
export type Outcome = "delivered" | DeadLetterReason;

/** A message that becomes owed. */
interface Assignment {
  readonly endpoint: Endpoint;
  readonly id: string;
  readonly alert: Alert;
  readonly sequence: number;
  readonly redelivery?: number;
  readonly record: StreamRecord<unknown>;
}

/** The deliveries of one task. */
export class TaskDeliveries implements DeliveringTask {
  readonly #task: Task;
  readonly #options: DeliveryOptions;
  readonly #owed: KeyValueStore<OwedDelivery>;
  readonly #sequences: KeyValueStore<Readonly<Record<string, number>>>;
  readonly #endpoints: KeyValueStore<EndpointState>;
  /** Tickets that the dispatcher has, by notification id. */
  readonly #tickets = new Map<string, Ticket>();
  /** Ids whose attempt was begun and whose result is not taken in. */
  readonly #begun = new Set<string>();
  /** Ids that are to be queued once their state is committed. */
  readonly #toQueue = new Set<string>();
  /** Tickets that are done with once what came of them is committed. */
  #toRelease: Ticket[] = [];
  /** Alerts that no endpoint wanted, by rule, in the records that are not committed. */
  readonly #unwanted = new Map<string, number>();
  /** Outcomes that are not committed. */
  #outcomes: { readonly channel: string; readonly outcome: Outcome }[] = [];
  #results: { readonly ticket: Ticket; readonly result: TurnResult }[] = [];
  #disabled: { readonly channel: string; readonly reason: string }[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** Takes the restored state over; it belongs into `perTask`, inside a handler. */
  constructor(task: Task, options: DeliveryOptions) {
    this.#task = task;
    this.#options = options;
    this.#owed = task.store(deliveryStores.owed);
    this.#sequences = task.store(deliveryStores.sequences);
    this.#endpoints = task.store(deliveryStores.endpoints);
    options.dispatcher.enlist(this);
    task.afterCommit(() => this.#committed());
    this.#reconcileEndpoints();
    forgetRedeliveries(task.store(deliveryStores.redeliveries), options.nowMs());
    for (const [id] of this.#owed.entries()) this.#toQueue.add(id);
  }

  get signal(): AbortSignal {
    return this.#task.signal;
  }

  // ---- In the handlers ----

  /** Owes an alert's event to every endpoint that subscribes to it. */
  owe(record: StreamRecord<Alert>): void {
    const { value: alert } = record;
    const wanting = [...this.#options.endpoints.values()].filter(({ wants }) => wants(alert));
    if (wanting.length === 0) this.#unwanted.set(alert.rule, (this.#unwanted.get(alert.rule) ?? 0) + 1);
    for (const endpoint of wanting) {
      const id = idOf(alert, endpoint.channel.name);
      // The same event once more, while the first is owed still, is the same message.
      if (this.#owed.get(id) !== undefined) continue;
      const sequence = this.#nextSequence(alert.accountId, endpoint.channel.name);
      this.#assign({ endpoint, id, alert, sequence, record });
    }
  }

  /** Owes a message again. @returns whether it had an effect */
  redeliver(message: Omit<Assignment, "endpoint" | "id"> & { readonly channel: string }): boolean {
    const { channel, alert } = message;
    const endpoint = this.#options.endpoints.get(channel);
    const id = idOf(alert, channel);
    if (endpoint === undefined || this.#owed.get(id) !== undefined) return false;
    this.#assign({ ...message, endpoint, id });
    return true;
  }

  /** Holds an endpoint's deliveries back until it is resumed. @returns whether it had an effect */
  pause(channel: string, reason: string): boolean {
    const state = this.#endpoints.get(channel);
    if (state === undefined || state.state !== "active") return false;
    this.#endpoints.put(channel, { state: "paused", sinceMs: this.#options.nowMs(), reason });
    return true;
  }

  /** Lets an endpoint be delivered to again. @returns whether it had an effect */
  resume(channel: string): boolean {
    const state = this.#endpoints.get(channel);
    if (state === undefined || state.state === "active") return false;
    this.#endpoints.put(channel, { state: "active", sinceMs: this.#options.nowMs() });
    for (const [id, owed] of this.#owed.entries()) if (owed.channel === channel) this.#toQueue.add(id);
    return true;
  }

  /** Takes in what attempts came to. @throws what a fail-point threw beside an attempt */
  takeResults(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    for (const { ticket, result } of this.#results.splice(0)) {
      const { notificationId: id } = ticket;
      this.#toRelease.push(ticket);
      this.#begun.delete(id);
      const owed = this.#owed.get(id);
      if (owed === undefined) continue;
      if (result.kind === "attempted") this.#takeAttempt(id, owed, result.result);
      else if (this.isTired(ticket, result.sinceMs)) this.#end(id, owed, "endpoint-unreachable");
      // Paused or resumed meanwhile.
      else this.#toQueue.add(id);
    }
    for (const { channel, reason } of this.#disabled.splice(0)) this.#disable(channel, reason);
  }

  // ---- For the dispatcher ----

  messageOf({ notificationId: id, channel }: Ticket): Message | undefined {
    const owed = this.#owed.get(id);
    if (owed !== undefined && this.#isActive(channel)) {
      this.#begun.add(id);
      const { sequence, alert, headers } = owed;
      return { notificationId: id, sequence, alert, traceparent: headers[headerNames.traceparent] };
    }
    // Not now: it is queued anew when the endpoint is resumed.
    this.#tickets.delete(id);
    return undefined;
  }

  isTired({ notificationId: id, channel }: Ticket, sinceMs: number): boolean {
    const owed = this.#owed.get(id);
    const state = this.#endpoints.get(channel);
    if (owed === undefined || state?.state !== "active") return false;
    const retryWaits = this.#options.endpoints.get(channel)?.retryWaits ?? [];
    // A state is active since the endpoint was configured, or resumed.
    const waitsSinceMs = Math.max(owed.owedSinceMs, state.sinceMs, sinceMs);
    return this.#options.nowMs() >= waitsSinceMs + unreachableMsMax(retryWaits);
  }

  ended(ticket: Ticket, result: TurnResult): void {
    this.#results.push({ ticket, result });
    this.#task.wake();
  }

  broke(error: unknown): void {
    this.#failure ??= { error };
    this.#task.wake();
  }

  disabledElsewhere(channel: string, reason: string): void {
    this.#disabled.push({ channel, reason });
    this.#task.wake();
  }

  // ---- Inside ----

  #isActive(channel: string): boolean {
    return this.#endpoints.get(channel)?.state === "active";
  }

  #assign({ endpoint, id, alert, sequence, redelivery, record }: Assignment): void {
    const nowMs = this.#options.nowMs();
    const owed: OwedDelivery = {
      channel: endpoint.channel.name,
      sequence,
      redelivery,
      alert,
      timestampMs: record.timestampMs,
      headers: headersOf(record),
      owedSinceMs: nowMs,
      attempts: [],
      dueMs: nowMs,
    };
    if (this.#endpoints.get(owed.channel)?.state === "disabled") {
      this.#tell(id, owed, "endpoint-disabled");
      return;
    }
    this.#owed.put(id, owed);
    this.#toQueue.add(id);
  }

  #nextSequence(accountId: string, channel: string): number {
    const numbers = this.#sequences.get(accountId) ?? {};
    const sequence = (numbers[channel] ?? 0) + 1;
    this.#sequences.put(accountId, { ...numbers, [channel]: sequence });
    return sequence;
  }

  #takeAttempt(id: string, before: OwedDelivery, result: AttemptResult): void {
    const owed = { ...before, attempts: [...before.attempts, result.attempt] };
    const next = this.#whatFollows(id, owed, result);
    if (typeof next === "number") {
      this.#owed.put(id, { ...owed, dueMs: this.#options.nowMs() + next });
      this.#toQueue.add(id);
    } else this.#end(id, owed, next);
    if (result.verdict !== "disable") return;
    const reason = result.attempt.error ?? "the receiver wants nothing any more";
    this.#disable(owed.channel, reason);
    this.#options.dispatcher.announceDisabled(this, owed.channel, reason);
  }

  /** The outcome, or after how many milliseconds the next attempt is due. */
  #whatFollows(
    id: string,
    { channel, attempts }: OwedDelivery,
    { verdict, retryAfterMs }: AttemptResult,
  ): Outcome | number {
    if (verdict === "delivered") return "delivered";
    if (verdict === "give-up") return "refused";
    if (verdict === "disable" || this.#endpoints.get(channel)?.state === "disabled")
      return "endpoint-disabled";
    const waits = this.#options.endpoints.get(channel)?.retryWaits ?? [];
    const failed = { notificationId: id, attempts: attempts.length, retryAfterMs };
    return retryDelayMs(waits, failed) ?? "attempts-exhausted";
  }

  #end(id: string, owed: OwedDelivery, outcome: Outcome): void {
    this.#owed.delete(id);
    this.#tell(id, owed, outcome);
  }

  #tell(id: string, owed: OwedDelivery, outcome: Outcome): void {
    const { alert, channel, sequence, redelivery, attempts, timestampMs, headers } = owed;
    this.#outcomes.push({ channel, outcome });
    this.#task.emit(topics.notifications, {
      key: alert.accountId,
      timestampMs,
      cause: { headers },
      value: {
        id,
        alertId: alert.id,
        alertStatus: alert.status,
        accountId: alert.accountId,
        channel,
        ...(outcome === "delivered" ? { outcome } : { outcome: "dead-lettered", reason: outcome }),
        sequence,
        ...(redelivery === undefined ? {} : { redelivery }),
        attempts: [...attempts],
      },
    });
  }

  /** Disables an endpoint for this task. What is under way comes to its own end. */
  #disable(channel: string, reason: string): void {
    if (this.#endpoints.get(channel)?.state === "disabled") return;
    this.#endpoints.put(channel, { state: "disabled", sinceMs: this.#options.nowMs(), reason });
    this.#endAll(channel, "endpoint-disabled");
  }

  #endAll(channel: string, reason: DeadLetterReason): void {
    const held = [...this.#owed.entries()].filter(
      ([id, owed]) => owed.channel === channel && !this.#begun.has(id),
    );
    held.sort(([, a], [, b]) => a.sequence - b.sequence);
    for (const [id, owed] of held) this.#end(id, owed, reason);
  }

  /** Makes the states of endpoints those of the configured ones; what is owed to one that is gone comes to its end. */
  #reconcileEndpoints(): void {
    const { endpoints, nowMs } = this.#options;
    for (const channel of endpoints.keys()) {
      const state = this.#endpoints.get(channel)?.state;
      if (state === undefined) this.#endpoints.put(channel, { state: "active", sinceMs: nowMs() });
      // What was under way when it was disabled, and had no result when the task was thrown away.
      if (state === "disabled") this.#endAll(channel, "endpoint-disabled");
    }
    const gone = [...this.#endpoints.entries()]
      .map(([channel]) => channel)
      .filter((name) => !endpoints.has(name));
    for (const channel of gone) {
      this.#endpoints.delete(channel);
      this.#endAll(channel, "endpoint-removed");
    }
  }

  #committed(): void {
    for (const [rule, count] of this.#unwanted) this.#options.onUnwanted?.(rule, count);
    this.#unwanted.clear();
    for (const { channel, outcome } of this.#outcomes.splice(0)) this.#options.onOutcome?.(channel, outcome);
    const released = this.#toRelease;
    this.#toRelease = [];
    for (const ticket of released) {
      if (this.#tickets.get(ticket.notificationId) === ticket) this.#tickets.delete(ticket.notificationId);
    }
    const added: Ticket[] = [];
    for (const id of this.#toQueue) {
      const ticket = this.#tickets.has(id) ? undefined : this.#ticketOf(id);
      if (ticket === undefined) continue;
      this.#tickets.set(id, ticket);
      added.push(ticket);
    }
    this.#toQueue.clear();
    if (released.length + added.length > 0) this.#options.dispatcher.update({ released, added });
  }

  #ticketOf(id: string): Ticket | undefined {
    const owed = this.#owed.get(id);
    if (owed === undefined || !this.#options.endpoints.has(owed.channel)) return undefined;
    const { channel, sequence, dueMs, alert } = owed;
    return { owner: this, notificationId: id, channel, accountId: alert.accountId, sequence, dueMs };
  }
}

/** Redeliveries are remembered for as long as the outcomes before them can be read. */
const forgetRedeliveries = (taken: KeyValueStore<TakenRedelivery>, nowMs: number): void => {
  const old = [...taken.entries()].filter(([, { atMs }]) => atMs < nowMs - longRetentionMs);
  for (const [id] of old) taken.delete(id);
};

/** The id of the notification that tells a channel of an alert's event. */
export const idOf = ({ id: alertId, status: alertStatus, changedBy }: Alert, channel: string): string =>
  notificationId({ alertId, alertStatus, changedBy, channel });

/** The headers that an outcome hands on. */
const headersOf = ({ headers }: StreamRecord<unknown>): Record<string, string> => {
  const kept: Record<string, string> = {};
  for (const name of [headerNames.traceparent, headerNames.receivedAt]) {
    const value = headers[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
};
