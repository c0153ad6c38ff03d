// A bug here leaves an alert without an outcome, or with two.

import { type Alert, headerNames, notificationId, topics } from "@riffle/contracts";
import { stageOf } from "@riffle/service-kit";
import { type DrivenRecord, StageDriver } from "@riffle/streams/testing";
import { describe, expect, it } from "vitest";
import type { Channel, Delivery, Message } from "../../src/channels/channel.ts";
import { Notifier } from "../../src/notifier.ts";
import { anAlert } from "./alerts.ts";

const { alerts, notifications } = topics;
const at = "2026-03-01T12:00:00.000Z";

/** A channel that is as quick as told and remembers what it was given. */
class RecordingChannel implements Channel {
  readonly name: string;
  readonly messages: Message[] = [];
  readonly #outcome: Delivery["outcome"];
  readonly #ticksOf: (alert: Alert) => number;

  constructor(
    name: string,
    outcome: Delivery["outcome"] = "delivered",
    ticksOf: (alert: Alert) => number = () => 0,
  ) {
    this.name = name;
    this.#outcome = outcome;
    this.#ticksOf = ticksOf;
  }

  async deliver(message: Message): Promise<Delivery> {
    for (let i = this.#ticksOf(message.alert); i > 0; i--)
      await new Promise((resolve) => setImmediate(resolve));
    this.messages.push(message);
    return { outcome: this.#outcome, attempts: [{ at, status: 200, durationMs: 3 }] };
  }
}

const notifierDriver = (...channels: Channel[]): StageDriver =>
  new StageDriver(stageOf("notifier", topics.notifierDeadLetters, new Notifier({ channels, lanesMax: 4 })));

const raised = (value: Alert): DrivenRecord<Alert> => ({
  key: value.accountId,
  value,
  timestampMs: Date.parse(value.lastAt),
});

const told = (driver: StageDriver): string[] =>
  driver.emitted(notifications).map(({ value }) => `${value.accountId} ${value.channel} ${value.outcome}`);

describe("the notifier", () => {
  it("tells each channel and records each outcome, keyed by account, with received-at handed on", async () => {
    const alert = anAlert("t1");
    const driver = notifierDriver(
      new RecordingChannel("console"),
      new RecordingChannel("webhook", "dead-lettered"),
    );
    await driver.send(alerts, { ...raised(alert), headers: { [headerNames.receivedAt]: "17" } });
    const common = { alertId: alert.id, alertStatus: "raised" as const, accountId: "acc_42" };
    const attempts = [{ at, status: 200, durationMs: 3 }];
    const idOf = (channel: string) => notificationId({ alertId: alert.id, alertStatus: "raised", channel });
    const headers = { [headerNames.schema]: "notification/1", [headerNames.receivedAt]: "17" };
    expect(driver.emitted(notifications)).toEqual([
      {
        key: "acc_42",
        timestampMs: Date.parse(alert.lastAt),
        headers,
        value: { id: idOf("console"), ...common, channel: "console", outcome: "delivered", attempts },
      },
      {
        key: "acc_42",
        timestampMs: Date.parse(alert.lastAt),
        headers,
        value: { id: idOf("webhook"), ...common, channel: "webhook", outcome: "dead-lettered", attempts },
      },
    ]);
  });

  it("gives the channel the id that it records", async () => {
    const channel = new RecordingChannel("webhook");
    const driver = notifierDriver(channel);
    await driver.send(alerts, raised(anAlert("t1")));
    expect(channel.messages[0]?.notificationId).toBe(driver.emitted(notifications)[0]?.value.id);
  });

  it("outcomes are in the order of the alerts, whichever is delivered first", async () => {
    const slowFirst = new RecordingChannel("webhook", "delivered", ({ accountId }) =>
      accountId === "acc_1" ? 9 : 0,
    );
    const driver = notifierDriver(slowFirst);
    await driver.send(
      alerts,
      ...["acc_1", "acc_2", "acc_3"].map((account) => raised(anAlert("t1", account))),
    );
    expect(slowFirst.messages.map(({ alert }) => alert.accountId)).toEqual(["acc_2", "acc_3", "acc_1"]);
    expect(told(driver)).toEqual([
      "acc_1 webhook delivered",
      "acc_2 webhook delivered",
      "acc_3 webhook delivered",
    ]);
  });

  it("a withdrawal reaches the channel after the alert it withdraws, as a notification of its own", async () => {
    const slowRaise = new RecordingChannel("webhook", "delivered", ({ status }) =>
      status === "raised" ? 9 : 0,
    );
    const driver = notifierDriver(slowRaise);
    await driver.send(alerts, raised(anAlert("t1")), raised(anAlert("t1", "acc_42", "withdrawn")));
    expect(slowRaise.messages.map(({ alert }) => alert.status)).toEqual(["raised", "withdrawn"]);
    expect(new Set(driver.emitted(notifications).map(({ value }) => value.id)).size).toBe(2);
  });

  it("nothing is told when only time passes", async () => {
    const driver = notifierDriver(new RecordingChannel("console"));
    await driver.advanceStreamTime(1_000);
    expect(told(driver)).toEqual([]);
  });
});
