// A bug here leaves an alert without an outcome, gives it two, or lets one dead endpoint hold back the others.

import { headerNames, notificationId, topics } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { owedStore } from "../../src/deliveries/owed-delivery.ts";
import { anAlert } from "./alerts.ts";
import { answer, NotifierRig, recordOf, ScriptedChannel, startMs } from "./notifier-rig.ts";

const delivered = () => answer("delivered");
const failing = () => answer("retry");
const idOf = (channel: string, id = "t1") =>
  notificationId({ alertId: anAlert(id).id, alertStatus: "raised", changedBy: undefined, channel });
const triedBy = (channel: ScriptedChannel): string[] =>
  channel.tried.map(({ alert, sequence }) => `${alert.accountId} ${sequence}`);

describe("the notifier", () => {
  it("tells each endpoint and records each outcome, keyed by account, with received-at handed on", async () => {
    const rig = new NotifierRig([
      new ScriptedChannel("console", delivered),
      new ScriptedChannel("webhook", () => answer("give-up")),
    ]);
    const alert = anAlert("t1");
    await rig.driver.send(topics.alerts, { ...recordOf(alert), headers: { [headerNames.receivedAt]: "17" } });
    await rig.settle();
    const common = { alertId: alert.id, alertStatus: "raised", accountId: "acc_42", sequence: 1 };
    const around = {
      key: "acc_42",
      timestampMs: Date.parse(alert.lastAt),
      headers: { [headerNames.schema]: "notification/1", [headerNames.receivedAt]: "17" },
    };
    const [yes, no] = [delivered().attempt, answer("give-up").attempt];
    expect(rig.driver.emitted(topics.notifications)).toEqual([
      {
        ...around,
        value: { id: idOf("console"), ...common, channel: "console", outcome: "delivered", attempts: [yes] },
      },
      {
        ...around,
        value: {
          id: idOf("webhook"),
          ...common,
          channel: "webhook",
          outcome: "dead-lettered",
          reason: "refused",
          attempts: [no],
        },
      },
    ]);
  });

  it("owes nothing once every outcome is told", async () => {
    const rig = new NotifierRig([new ScriptedChannel("webhook", delivered)]);
    await rig.send(anAlert("t1"), anAlert("t2"));
    expect([rig.told.length, rig.driver.store(owedStore).size]).toEqual([2, 0]);
  });

  it("tells an endpoint only of what it wants", async () => {
    const webhook = new ScriptedChannel("webhook", delivered);
    const rig = new NotifierRig([webhook], { wants: ({ accountId }) => accountId === "acc_2" });
    await rig.send(anAlert("t1", "acc_1"), anAlert("t1", "acc_2"));
    expect(rig.told).toEqual(["acc_2 webhook delivered 1"]);
  });

  it("counts every outcome once it is committed, those without an attempt too", async () => {
    const webhook = new ScriptedChannel("webhook", (_, attempt) =>
      answer(attempt === 1 ? "delivered" : "disable"),
    );
    const rig = new NotifierRig([webhook]);
    await rig.send(anAlert("t1"), anAlert("t2"));
    await rig.send(anAlert("t3"));
    expect(webhook.tried.length).toBe(2);
    expect(rig.committed).toEqual([
      "webhook delivered",
      "webhook endpoint-disabled",
      "webhook endpoint-disabled",
    ]);
  });

  it("tells how many alerts nobody wants, by rule and once", async () => {
    const rig = new NotifierRig([new ScriptedChannel("webhook", delivered)], {
      wants: ({ accountId }) => accountId === "acc_2",
    });
    await rig.send(anAlert("t1", "acc_1"), anAlert("t1", "acc_2"), anAlert("t2", "acc_3"));
    await rig.send(anAlert("t2", "acc_2"));
    expect(rig.unwanted).toEqual(["card-testing 2"]);
    await rig.send({ ...anAlert("t3", "acc_1"), rule: "take-over" });
    expect(rig.unwanted.slice(1)).toEqual(["take-over 1"]);
  });

  it("a withdrawal reaches the endpoint after the alert it withdraws, as a notification of its own", async () => {
    const webhook = new ScriptedChannel("webhook", delivered);
    const rig = new NotifierRig([webhook]);
    await rig.send(anAlert("t1"), anAlert("t1", "acc_42", "withdrawn"));
    expect(webhook.tried.map(({ alert }) => alert.status)).toEqual(["raised", "withdrawn"]);
    expect(new Set(rig.outcomes.map(({ id }) => id)).size).toBe(2);
  });

  it("an alert that comes again while it is owed is one message", async () => {
    const webhook = new ScriptedChannel("webhook");
    const rig = new NotifierRig([webhook]);
    await rig.send(anAlert("t1"), anAlert("t1"));
    webhook.open[0]?.end(delivered());
    await rig.settle();
    expect(rig.told).toEqual(["acc_42 webhook delivered 1"]);
  });
});

describe("a failed attempt", () => {
  it("is made again after each wait, and the last one dead-letters the alert with all of them on record", async () => {
    const webhook = new ScriptedChannel("webhook", failing);
    const rig = new NotifierRig([webhook], { retryWaits: [1_000, 10_000] });
    await rig.send(anAlert("t1"));
    await rig.pass(799);
    expect(webhook.tried.length).toBe(1);
    await rig.pass(401);
    expect(webhook.tried.length).toBe(2);
    await rig.pass(12_000);
    expect(rig.told).toEqual(["acc_42 webhook attempts-exhausted 3"]);
    await rig.pass(86_400_000);
    expect(webhook.tried.length).toBe(3);
  });

  it("keeps the id and the sequence over attempts and restarts", async () => {
    const webhook = new ScriptedChannel("webhook", (_, n) => answer(n < 3 ? "retry" : "delivered"));
    const rig = new NotifierRig([webhook]);
    await rig.send(anAlert("t1"));
    await rig.restart();
    await rig.pass(1_200);
    await rig.restart();
    await rig.pass(12_000);
    expect(new Set(webhook.tried.map(({ notificationId: id, sequence }) => `${id} ${sequence}`))).toEqual(
      new Set([`${idOf("webhook")} 1`]),
    );
    expect(rig.told).toEqual(["acc_42 webhook delivered 3"]);
  });

  it("waits as long as the receiver asks for", async () => {
    const webhook = new ScriptedChannel("webhook", (_, n) =>
      n === 1 ? answer("retry", 60_000) : answer("delivered"),
    );
    const rig = new NotifierRig([webhook]);
    await rig.send(anAlert("t1"));
    await rig.pass(59_999);
    expect(webhook.tried.length).toBe(1);
    await rig.pass(1);
    expect(rig.told).toEqual(["acc_42 webhook delivered 2"]);
  });

  it("does not hold back later alerts of its account, which keep their own order", async () => {
    const webhook = new ScriptedChannel("webhook", ({ sequence }, n) =>
      sequence === 1 && n < 4 ? answer("retry") : answer("delivered"),
    );
    const rig = new NotifierRig([webhook]);
    await rig.send(anAlert("t1"), anAlert("t2"), anAlert("t3"));
    expect(triedBy(webhook)).toEqual(["acc_42 1", "acc_42 2", "acc_42 3"]);
    expect(rig.outcomes.map(({ sequence }) => sequence)).toEqual([2, 3]);
    await rig.pass(1_200);
    expect(rig.outcomes.map(({ sequence }) => sequence)).toEqual([2, 3, 1]);
  });
});

it("a channel that throws has failed an attempt: its alerts come to an outcome, other endpoints go on", async () => {
  const broken = new ScriptedChannel("broken", () => {
    throw new TypeError("secret");
  });
  const rig = new NotifierRig([broken, new ScriptedChannel("webhook", delivered)], { retryWaits: [1] });
  await rig.send(anAlert("t1"));
  await rig.pass(10);
  expect(rig.told).toEqual(["acc_42 webhook delivered 1", "acc_42 broken attempts-exhausted 2"]);
  expect(rig.outcomes[1]?.attempts[0]?.error).toBe("the channel failed: TypeError");
});

describe("attempts under way", () => {
  it("are bounded for each endpoint, and one account has one at a time, in order", async () => {
    const webhook = new ScriptedChannel("webhook");
    const rig = new NotifierRig([webhook], { concurrencyMax: 2 });
    await rig.send(anAlert("t1", "acc_1"), anAlert("t2", "acc_1"));
    for (const account of ["acc_2", "acc_3"]) await rig.send(anAlert("t1", account));
    expect(triedBy(webhook)).toEqual(["acc_1 1", "acc_2 1"]);
    webhook.open[1]?.end(delivered());
    await rig.settle();
    expect(triedBy(webhook)).toEqual(["acc_1 1", "acc_2 1", "acc_3 1"]);
    webhook.open[0]?.end(delivered());
    await rig.settle();
    expect(triedBy(webhook)).toEqual(["acc_1 1", "acc_2 1", "acc_3 1", "acc_1 2"]);
  });

  it("at an endpoint that never answers delay no other endpoint, and no handler", async () => {
    const dead = new ScriptedChannel("dead");
    const alive = new ScriptedChannel("alive", delivered);
    const rig = new NotifierRig([dead, alive], { concurrencyMax: 1 });
    for (let i = 0; i < 20; i++) await rig.send(anAlert(`t${i}`, `acc_${i}`));
    expect([dead.tried.length, alive.tried.length, rig.told.length]).toEqual([1, 20, 20]);
  });

  it("hold their place until the outcome is committed: so many a crash may repeat", async () => {
    const webhook = new ScriptedChannel("webhook");
    const rig = new NotifierRig([webhook], { concurrencyMax: 1 });
    await rig.send(anAlert("t1", "acc_1"), anAlert("t1", "acc_2"));
    webhook.open[0]?.end(delivered());
    await new Promise((resolve) => setImmediate(resolve));
    expect([rig.driver.woken, webhook.tried.length]).toEqual([true, 1]);
    await rig.settle();
    expect(webhook.tried.length).toBe(2);
  });

  it("are repeated by the task's successor, in order, and the old ones end unheard", async () => {
    const webhook = new ScriptedChannel("webhook");
    const rig = new NotifierRig([webhook]);
    await rig.send(anAlert("t1"), anAlert("t2"));
    await rig.restart();
    const [before] = webhook.open;
    expect([before?.signal.aborted, triedBy(webhook)]).toEqual([true, ["acc_42 1"]]);
    before?.end(delivered());
    await rig.settle();
    expect([triedBy(webhook), rig.told]).toEqual([["acc_42 1", "acc_42 1"], []]);
    webhook.open[1]?.end(delivered());
    await rig.settle();
    webhook.open[2]?.end(delivered());
    await rig.settle();
    expect(rig.outcomes.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });
});

describe("an endpoint out of reach", () => {
  it("is left alone after 10 failures in a row, and one attempt looks whether it is back", async () => {
    const webhook = new ScriptedChannel("webhook", failing);
    const rig = new NotifierRig([webhook], { concurrencyMax: 1, retryWaits: [3_600_000] });
    await rig.send(...Array.from({ length: 30 }, (_, i) => anAlert("t1", `acc_${i}`)));
    expect(webhook.tried.length).toBe(10);
    await rig.pass(999);
    expect(webhook.tried.length).toBe(10);
    await rig.pass(1);
    expect(webhook.tried.length).toBe(11);
    webhook.answers = delivered;
    await rig.pass(2_000);
    expect(rig.told.length).toBe(19);
  });

  it("does not keep a delivery waiting for longer than its schedule lasts", async () => {
    const webhook = new ScriptedChannel("webhook", failing);
    const rig = new NotifierRig([webhook], { concurrencyMax: 1, retryWaits: [100] });
    await rig.send(...Array.from({ length: 40 }, (_, i) => anAlert("t1", `acc_${i}`)));
    await rig.pass(300_000);
    expect(rig.told.length).toBe(40);
    expect(rig.told.filter((line) => line.includes("endpoint-unreachable")).length).toBeGreaterThan(20);
    expect(rig.driver.store(owedStore).size).toBe(0);
  });

  it("is given the time that nobody tried: after an outage of the notifier longer than the schedule none ends untried", async () => {
    const down = new NotifierRig([new ScriptedChannel("webhook")], { concurrencyMax: 1, retryWaits: [100] });
    await down.send(...Array.from({ length: 40 }, (_, i) => anAlert("t1", `acc_${i}`)));
    const webhook = new ScriptedChannel("webhook", failing);
    const rig = new NotifierRig([webhook], { concurrencyMax: 1, retryWaits: [100] });
    rig.clock.jump(startMs + 86_400_000);
    rig.driver.adopt(down.driver);
    await rig.settle();
    await rig.pass(59_000);
    expect(rig.told.filter((line) => line.endsWith("endpoint-unreachable 0"))).toEqual([]);
    webhook.answers = delivered;
    await rig.pass(60_000);
    expect([rig.told.length, rig.told.filter((line) => line.endsWith(" 0"))]).toEqual([40, []]);
  });
});

describe("an endpoint that wants nothing any more", () => {
  it("is disabled: what is owed to it and what comes later is dead-lettered, until it is resumed", async () => {
    const webhook = new ScriptedChannel("webhook", ({ sequence }) =>
      answer(sequence === 1 ? "disable" : "delivered"),
    );
    const rig = new NotifierRig([webhook], { concurrencyMax: 1 });
    await rig.send(anAlert("t1"), anAlert("t2"));
    await rig.send(anAlert("t3"));
    await rig.restart();
    await rig.send(anAlert("t4"));
    expect(rig.told).toEqual([
      "acc_42 webhook endpoint-disabled 1",
      "acc_42 webhook endpoint-disabled 0",
      "acc_42 webhook endpoint-disabled 0",
      "acc_42 webhook endpoint-disabled 0",
    ]);
    await rig.command({ kind: "resume", channel: "webhook" });
    await rig.send(anAlert("t5"));
    expect(rig.told.at(-1)).toBe("acc_42 webhook delivered 1");
  });

  it("what was under way when another message disabled it comes to its own end", async () => {
    const webhook = new ScriptedChannel("webhook");
    const rig = new NotifierRig([webhook], { concurrencyMax: 3 });
    for (const account of ["acc_1", "acc_2", "acc_3"]) await rig.send(anAlert("t1", account));
    webhook.open[0]?.end(answer("disable"));
    await rig.settle();
    webhook.open[1]?.end(delivered());
    webhook.open[2]?.end(failing());
    await rig.settle();
    expect(rig.told).toEqual([
      "acc_1 webhook endpoint-disabled 1",
      "acc_2 webhook delivered 1",
      "acc_3 webhook endpoint-disabled 1",
    ]);
  });
});

it("what was under way when an endpoint was disabled, and is lost with the task, is dead-lettered by its successor", async () => {
  const webhook = new ScriptedChannel("webhook");
  const rig = new NotifierRig([webhook], { concurrencyMax: 2 });
  for (const account of ["acc_1", "acc_2"]) await rig.send(anAlert("t1", account));
  webhook.open[0]?.end(answer("disable"));
  await rig.settle();
  await rig.restart();
  expect(rig.told).toEqual(["acc_1 webhook endpoint-disabled 1", "acc_2 webhook endpoint-disabled 0"]);
});

it("what is owed to an endpoint that is no longer configured is dead-lettered", async () => {
  const mail = new ScriptedChannel("mail");
  const rig = new NotifierRig([mail]);
  await rig.send(anAlert("t1"));
  const without = new NotifierRig([new ScriptedChannel("webhook", delivered)]);
  without.driver.adopt(rig.driver);
  await without.settle();
  expect(without.told).toEqual(["acc_42 mail endpoint-removed 0"]);
});

describe("whatever endpoints answer and whenever the task restarts", () => {
  const verdict = fc.constantFrom("delivered", "retry", "retry", "retry", "give-up", "disable" as const);
  const step = fc.oneof(
    fc.record({ do: fc.constant("alert" as const), account: fc.nat(2) }),
    fc.record({ do: fc.constant("end" as const), which: fc.nat(5), verdict }),
    fc.record({ do: fc.constant("pass" as const), ms: fc.nat(20_000) }),
    fc.record({ do: fc.constant("restart" as const) }),
    fc.record({ do: fc.constant("pause" as const) }),
    fc.record({ do: fc.constant("resume" as const) }),
  );

  it("each alert and endpoint comes to one outcome, first attempts of an account are in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const channels = [new ScriptedChannel("webhook"), new ScriptedChannel("mail")];
        const rig = new NotifierRig(channels, { concurrencyMax: 2 });
        let alerts = 0;
        for (const one of steps) {
          if (one.do === "alert") await rig.send(anAlert(`t${alerts++}`, `acc_${one.account}`));
          else if (one.do === "pass") await rig.pass(one.ms);
          else if (one.do === "restart") await rig.restart();
          else if (one.do === "pause") await rig.command({ kind: "pause", channel: "webhook", reason: "r" });
          else if (one.do === "resume") await rig.command({ kind: "resume", channel: "webhook" });
          else {
            for (const { open } of channels) open.splice(one.which, 1)[0]?.end(answer(one.verdict));
            await rig.settle();
          }
        }
        for (const channel of channels) {
          channel.answers = delivered;
          for (const { end } of channel.open.splice(0)) end(delivered());
        }
        await rig.command({ kind: "resume", channel: "webhook" });
        await rig.pass(600_000);
        const ids = rig.outcomes.map(({ id }) => id);
        expect([ids.length, new Set(ids).size]).toEqual([alerts * 2, alerts * 2]);
        expect(rig.driver.store(owedStore).size).toBe(0);
        for (const { tried } of channels) {
          for (const account of ["acc_0", "acc_1", "acc_2"]) {
            const firsts = new Set(
              tried.filter(({ alert }) => alert.accountId === account).map(({ sequence }) => sequence),
            );
            expect([...firsts]).toEqual([...firsts].toSorted((a, b) => a - b));
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
