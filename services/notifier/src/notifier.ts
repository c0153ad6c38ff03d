// The notifier: each alert reaches each subscribed channel, or it is on record why not (P7).
//
//   N1. One notification per alert event and channel, in the order of the alerts, then of the channels.
//   N2. Delivery is at least once: a crash after a delivery and before the atomic commit repeats it, with the same
//       notification id. In `notifications.v1` each outcome stands once.
//   N3. Alerts of one account reach one channel in order; those of different accounts are delivered side by side.
//   N4. A withdrawn alert is delivered like a raised one, as a notification of its own.

import { Controller, Inject } from "@nestjs/common";
import { Ctx, Payload } from "@nestjs/microservices";
import { type Alert, notificationId, topics } from "@riffle/contracts";
import { StreamHandler } from "@riffle/service-kit";
import { failPoint, type RecordBatch, type StreamRecord, type Task } from "@riffle/streams";
import type { Channel, Delivery } from "./channels/channel.ts";
import { runInLanes } from "./lanes.ts";

/** Under which name Nest injects the NotifierOptions. */
export const notifierOptions = Symbol("NotifierOptions");

/** What the notifier is configured with. */
export interface NotifierOptions {
  /** The subscribed channels, in the order in which their notifications are emitted. */
  readonly channels: readonly Channel[];
  /** Most deliveries under way at once per task. */
  readonly lanesMax: number;
}

/** One alert for one channel. */
interface Job {
  readonly record: StreamRecord<Alert>;
  readonly channel: Channel;
  readonly id: string;
}

/** Delivers `alerts.v1`, records the outcomes in `notifications.v1`. */
@Controller()
export class Notifier {
  readonly #options: NotifierOptions;

  constructor(@Inject(notifierOptions) options: NotifierOptions) {
    this.#options = options;
  }

  @StreamHandler(topics.alerts, { emits: [topics.notifications] })
  notify(@Payload() batch: RecordBatch<Alert>, @Ctx() task: Task): void | Promise<void> {
    // An empty batch only says that time has passed, and nothing here waits for stream time.
    return batch.size === 0 ? undefined : this.#deliverAll(batch, task);
  }

  async #deliverAll(batch: RecordBatch<Alert>, task: Task): Promise<void> {
    const { channels, lanesMax } = this.#options;
    const jobs = [...batch].flatMap((record) => channels.map((channel) => jobOf(record, channel)));
    const laneOf = ({ record, channel }: Job): string => `${channel.name}/${record.value.accountId}`;
    const deliveries = await runInLanes(jobs, { laneOf, lanesMax }, deliver);
    for (const { job, delivery } of deliveries) {
      const { record, channel, id } = job;
      const { id: alertId, status: alertStatus, accountId } = record.value;
      task.emit(topics.notifications, {
        key: accountId,
        value: { id, alertId, alertStatus, accountId, channel: channel.name, ...delivery },
        timestampMs: record.timestampMs,
        cause: record,
      });
    }
  }
}

const deliver = async (job: Job): Promise<{ readonly job: Job; readonly delivery: Delivery }> => {
  failPoint("before-delivery");
  const delivery = await job.channel.deliver({ notificationId: job.id, alert: job.record.value });
  failPoint("after-delivery");
  return { job, delivery };
};

const jobOf = (record: StreamRecord<Alert>, channel: Channel): Job => ({
  record,
  channel,
  id: notificationId({ alertId: record.value.id, alertStatus: record.value.status, channel: channel.name }),
});
