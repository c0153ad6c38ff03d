// A bug here finds nothing wrong with a webhook that calls a withdrawn alert raised, gives it a wrong time or a wrong number.

import { type Alert, notificationId } from "@riffle/contracts";
import { expect, it } from "vitest";
import type { ComparedRecord } from "../../../model/record-lines.ts";
import { webhookFaults } from "../../../pipeline/told-alerts.ts";
import type { WebhookMessage } from "../../../pipeline/webhook-receiver.ts";
import { madeUpAlert } from "../../../workload/made-up-alert.ts";

const noonMs = Date.UTC(2026, 2, 1, 12);
const ada = madeUpAlert("ada", 1, noonMs);
const withdrawn: Alert = { ...ada, status: "withdrawn", changedBy: "t-0" };
const bob = madeUpAlert("bob", 2, noonMs + 1_000);

const recordOf = (value: Alert): ComparedRecord<Alert> => ({
  key: value.accountId,
  value,
  timestampMs: Date.parse(value.lastAt),
  handedOn: "",
});
/** By partition. */
const alerts = [[], [recordOf(ada), recordOf(bob), recordOf(withdrawn)]];

const idOf = ({ id: alertId, status: alertStatus, changedBy }: Alert): string =>
  notificationId({ alertId, alertStatus, changedBy, channel: "hook" });

/** What must be told, written out. */
const told = (): Map<string, WebhookMessage> =>
  new Map([
    [idOf(ada), { type: "alert.raised", timestamp: "2026-03-01T12:00:00.000Z", sequence: 1, data: ada }],
    [idOf(bob), { type: "alert.raised", timestamp: "2026-03-01T12:00:01.000Z", sequence: 1, data: bob }],
    [
      idOf(withdrawn),
      { type: "alert.withdrawn", timestamp: "2026-03-01T12:00:00.000Z", sequence: 2, data: withdrawn },
    ],
  ]);

const faults = (messages: ReadonlyMap<string, WebhookMessage>, changed = 0, unsigned = 0): string[] =>
  webhookFaults(alerts, "hook", { messages: new Map(messages), changed, unsigned });

it("a receiver that was told every message, in any order, has nothing wrong", () => {
  expect(faults(told())).toEqual([]);
  expect(faults(new Map([...told()].toReversed()))).toEqual([]);
});

const changes: readonly (readonly [what: string, change: Partial<WebhookMessage> & { note?: string }])[] = [
  ["type", { type: "alert.raised" }],
  ["time", { timestamp: "2026-03-01T12:00:00.001Z" }],
  ["number", { sequence: 1 }],
  ["alert", { data: ada }],
  ["further member", { note: "x" }],
];
it.each(changes)("another %s is found", (_, change) => {
  const id = idOf(withdrawn);
  const messages = told();
  const message = messages.get(id);
  if (message === undefined) throw new Error("there is no such message");
  messages.set(id, { ...message, ...change });
  expect(faults(messages)).toEqual([`1 webhooks of no alert, or with another content, such as ${id}`]);
});

it("what is missing, too much, repeated otherwise or not signed is found", () => {
  const less = told();
  less.delete(idOf(bob));
  expect(faults(less)).toEqual([`1 alerts never reached the webhook, such as ${bob.id}`]);
  const more = told().set("nt_of_nobody", {
    type: "alert.raised",
    timestamp: ada.lastAt,
    sequence: 3,
    data: ada,
  });
  expect(faults(more)).toEqual(["1 webhooks of no alert, or with another content, such as nt_of_nobody"]);
  expect(faults(told(), 1, 2)).toEqual([
    "1 webhooks repeated with other bytes",
    "2 webhooks without a valid signature",
  ]);
});
