// The notifier: each alert reaches each endpoint that wants it, or it is on record why not (P7).
//
//   N1. One outcome per alert event and endpoint, and one more for each redelivery that was asked for.
//   N2. Delivery is at least once: what is under way when a process dies is repeated, with the same notification id. In
//       `notifications.v1` each outcome stands once.
//   N3. The first attempt at an alert begins after the first attempt at the account's earlier alert to that endpoint has
//       ended. Alerts of different accounts, and endpoints, do not wait for each other.
//   N4. A withdrawn alert is delivered like a raised one, as a notification of its own.
//       An alert that no endpoint subscribes to has no outcome; it is counted, by its rule.
//   N5. No handler waits for an endpoint: what is owed lies in the task's state, and attempts are made outside.

import { Controller, Inject } from "@nestjs/common";
import { Ctx, Payload } from "@nestjs/microservices";
import { type Alert, type NotifierCommand, type RedeliverCommand, topics } from "@riffle/contracts";
import { StreamHandler } from "@riffle/service-kit";
import { perTask, type RecordBatch, type StreamRecord, type Task } from "@riffle/streams";
import type { Dispatcher } from "./deliveries/dispatcher.ts";
import { deliveryStores } from "./deliveries/owed-delivery.ts";
import { idOf, type Outcome, TaskDeliveries } from "./deliveries/task-deliveries.ts";
import type { Endpoint } from "./endpoint.ts";

/** Under which name Nest injects the NotifierOptions. */
export const notifierOptions = Symbol("NotifierOptions");

/** What the notifier is configured with. */
export interface NotifierOptions {
  /** In the order in which they are told. */
  readonly endpoints: readonly Endpoint[];
  /** The one of this process, with the same endpoints. */
  readonly dispatcher: Dispatcher;
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
  /** Told of each command, and whether it had an effect. */
  readonly onCommand?: (kind: NotifierCommand["kind"], hadEffect: boolean) => void;
  /** Told how many alerts of a rule no endpoint wanted, once that is committed. */
  readonly onUnwanted?: (rule: string, count: number) => void;
  /** Told of each delivery that came to its outcome, once that is committed. */
  readonly onOutcome?: (channel: string, outcome: Outcome) => void;
}

/** Delivers `alerts.v1`, heeds `notifier.commands.v1`, records the outcomes in `notifications.v1`. */
@Controller()
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #deliveriesOf: (task: Task) => TaskDeliveries;

  constructor(@Inject(notifierOptions) options: NotifierOptions) {
    this.#options = options;
    const endpoints = new Map(options.endpoints.map((endpoint) => [endpoint.channel.name, endpoint]));
    this.#deliveriesOf = perTask((task: Task) => new TaskDeliveries(task, { ...options, endpoints }));
  }

  @StreamHandler(topics.alerts, { stores: deliveryStores, emits: [topics.notifications], external: true })
  notify(@Payload() batch: RecordBatch<Alert>, @Ctx() task: Task): void {
    const deliveries = this.#deliveriesOf(task);
    deliveries.takeResults();
    for (const record of batch) deliveries.owe(record);
  }

  @StreamHandler(topics.notifierCommands, { stores: deliveryStores, emits: [topics.notifications] })
  heed(@Payload() batch: RecordBatch<NotifierCommand>, @Ctx() task: Task): void {
    for (const record of batch) {
      const hadEffect = this.#heedOne(record, task);
      this.#options.onCommand?.(record.value.kind, hadEffect);
    }
  }

  #heedOne(record: StreamRecord<NotifierCommand>, task: Task): boolean {
    const { value: command } = record;
    const deliveries = this.#deliveriesOf(task);
    if (command.kind === "pause") return deliveries.pause(command.channel, command.reason);
    if (command.kind === "resume") return deliveries.resume(command.channel);
    return this.#redeliver(command, record, task);
  }

  /** A redelivery that was taken in before, or whose predecessor is still to come, has no effect. */
  #redeliver(command: RedeliverCommand, record: StreamRecord<unknown>, task: Task): boolean {
    const { alert, channel, notificationId, redelivery, sequence } = command;
    const taken = task.store(deliveryStores.redeliveries);
    if (idOf(alert, channel) !== notificationId) return false;
    if (redelivery !== (taken.get(notificationId)?.redelivery ?? 0) + 1) return false;
    const hadEffect = this.#deliveriesOf(task).redeliver({ channel, alert, sequence, redelivery, record });
    if (hadEffect) taken.put(notificationId, { redelivery, atMs: this.#options.nowMs() });
    return hadEffect;
  }
}
