// A bug here ignores an operator, or delivers twice what was asked for once.

import { longRetentionMs, notificationId } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import type { AttemptResult } from "../../src/channels/channel.ts";
import { waitsMs } from "../../src/endpoint.ts";
import { anAlert } from "./alerts.ts";
import { answer, NotifierRig, ScriptedChannel, startMs } from "./notifier-rig.ts";

const delivered = () => answer("delivered");
const idOf = (channel: string, id = "t1") =>
  notificationId({ alertId: anAlert(id).id, alertStatus: "raised", changedBy: undefined, channel });
const triedBy = (channel: ScriptedChannel): string[] =>
  channel.tried.map(({ alert, sequence }) => `${alert.accountId} ${sequence}`);

describe("an operator", () => {
  it("pauses an endpoint: its deliveries wait, over restarts, and go on in order when it is resumed", async () => {
    const webhook = new ScriptedChannel("webhook", delivered);
    const rig = new NotifierRig([webhook]);
    await rig.restart();
    await rig.command({ kind: "pause", channel: "webhook", reason: "maintenance" });
    await rig.send(anAlert("t1"), anAlert("t2"));
    await rig.restart();
    await rig.pass(86_400_000);
    expect(webhook.tried).toEqual([]);
    await rig.command({ kind: "resume", channel: "webhook" });
    expect(triedBy(webhook)).toEqual(["acc_42 1", "acc_42 2"]);
    expect(rig.told.length).toBe(2);
  });

  describe("who pauses an endpoint for longer than its schedule lasts, and resumes it while it fails", () => {
    const hourMs = 3_600_000;
    const resumed = async (answers: () => AttemptResult) => {
      const webhook = new ScriptedChannel("webhook", answers);
      const rig = new NotifierRig([webhook], { concurrencyMax: 16, retryWaits: waitsMs(["5s", "1m", "1h"]) });
      await rig.command({ kind: "pause", channel: "webhook", reason: "moved" });
      await rig.send(...Array.from({ length: 100 }, (_, i) => anAlert("t1", `acc_${i}`)));
      await rig.pass(2 * hourMs);
      await rig.command({ kind: "resume", channel: "webhook" });
      return { webhook, rig };
    };

    it("loses none of what was held back: the schedule begins when it is resumed", async () => {
      const { webhook, rig } = await resumed(() => answer("retry"));
      await rig.pass(hourMs);
      expect(rig.told).toEqual([]);
      webhook.answers = delivered;
      await rig.pass(2 * hourMs);
      expect(rig.told.toSorted()).toEqual(
        Array.from({ length: 100 }, () => expect.stringMatching(/^acc_\d+ webhook delivered/)),
      );
    });

    it("sees each come to an outcome, untried ones not before a schedule's time after that", async () => {
      const { rig } = await resumed(() => answer("retry"));
      const untried = () => rig.told.filter((line) => line.endsWith("endpoint-unreachable 0")).length;
      await rig.pass(3_665_000 * 1.2 - 1);
      expect(untried()).toBe(0);
      await rig.pass(2 * hourMs);
      expect(untried()).toBeGreaterThan(0);
      expect(rig.told.length).toBe(100);
    });
  });

  it("who pauses while an attempt looks whether the endpoint is back ends nothing by that", async () => {
    const webhook = new ScriptedChannel("webhook", () => answer("retry"));
    const rig = new NotifierRig([webhook], { concurrencyMax: 1, retryWaits: [100] });
    await rig.send(...Array.from({ length: 40 }, (_, i) => anAlert("t1", `acc_${i}`)));
    await rig.pass(30_000);
    webhook.answers = undefined;
    await rig.pass(29_000);
    await rig.command({ kind: "pause", channel: "webhook", reason: "maintenance" });
    await rig.pass(86_400_000);
    const told = rig.told.length;
    webhook.open[0]?.end(answer("retry"));
    await rig.settle();
    expect([webhook.open.length, rig.told.length - told]).toEqual([
      1,
      expect.toSatisfy((n: number) => n <= 1),
    ]);
    webhook.answers = delivered;
    await rig.command({ kind: "resume", channel: "webhook" });
    await rig.pass(600_000);
    expect([rig.told.length, rig.told.filter((line) => line.endsWith(" 0"))]).toEqual([40, []]);
  });

  it("who resumes an endpoint that failed before the pause as it fails now gives every delivery its time anew", async () => {
    const webhook = new ScriptedChannel("webhook", () => answer("retry"));
    const rig = new NotifierRig([webhook], { concurrencyMax: 1, retryWaits: [100] });
    await rig.send(...Array.from({ length: 40 }, (_, i) => anAlert("t1", `acc_${i}`)));
    await rig.pass(30_000);
    await rig.command({ kind: "pause", channel: "webhook", reason: "maintenance" });
    await rig.pass(86_400_000);
    await rig.command({ kind: "resume", channel: "webhook" });
    const tried = webhook.tried.length;
    await rig.pass(59_000);
    expect(webhook.tried.length).toBeGreaterThan(tried);
    expect(rig.told.filter((line) => line.includes("endpoint-unreachable"))).toEqual([]);
    await rig.pass(600_000);
    expect(rig.told.length).toBe(40);
  });

  it("may repeat a command without effect, or name an endpoint that is not there", async () => {
    const rig = new NotifierRig([new ScriptedChannel("webhook", delivered)]);
    await rig.command(
      { kind: "pause", channel: "webhook", reason: "a" },
      { kind: "pause", channel: "webhook", reason: "b" },
      { kind: "resume", channel: "webhook" },
      { kind: "resume", channel: "webhook" },
      { kind: "pause", channel: "mail", reason: "a" },
    );
    expect(rig.effects).toEqual([true, false, true, false, false]);
  });

  const again = (redelivery: number) => ({
    kind: "redeliver" as const,
    channel: "webhook",
    notificationId: idOf("webhook"),
    redelivery,
    sequence: 1,
    alert: anAlert("t1"),
  });

  it("has a dead-lettered alert delivered again once, with its id and sequence, however often it is asked for", async () => {
    const webhook = new ScriptedChannel("webhook", (_, n) => answer(n === 1 ? "give-up" : "delivered"));
    const rig = new NotifierRig([webhook]);
    await rig.send(anAlert("t1"));
    await rig.command(again(1), again(1));
    await rig.restart();
    await rig.command(again(1), again(3));
    expect(rig.effects).toEqual([true, false, false, false]);
    expect(rig.outcomes.map(({ id, outcome, redelivery }) => [id, outcome, redelivery])).toEqual([
      [idOf("webhook"), "dead-lettered", undefined],
      [idOf("webhook"), "delivered", 1],
    ]);
    expect(triedBy(webhook)).toEqual(["acc_42 1", "acc_42 1"]);
    await rig.command(again(2));
    expect(rig.outcomes.at(-1)?.redelivery).toBe(2);
  });

  it("cannot have another alert sent under the id of a notification", async () => {
    const rig = new NotifierRig([new ScriptedChannel("webhook", delivered)]);
    await rig.command({ ...again(1), alert: anAlert("t2") });
    expect([rig.effects, rig.told]).toEqual([[false], []]);
  });

  it("a redelivery is remembered for as long as the outcome before it can be read", async () => {
    const rig = new NotifierRig([new ScriptedChannel("webhook", delivered)]);
    await rig.command(again(1));
    rig.clock.jump(startMs + longRetentionMs);
    await rig.restart();
    await rig.command(again(1));
    rig.clock.jump(startMs + longRetentionMs + 1);
    await rig.restart();
    await rig.command(again(1));
    expect(rig.effects).toEqual([true, false, true]);
  });
});
