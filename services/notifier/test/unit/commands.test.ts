// A bug here ignores an operator, or delivers twice what was asked for once.

import { longRetentionMs, notificationId } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
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
