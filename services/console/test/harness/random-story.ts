// Random stories: transactions of a few accounts, and anything that the pipeline may make of each of them.

import { type Transaction, topics } from "@riffle/contracts";
import fc from "fast-check";
import { alertOf, noonMs, Story, transactionOf } from "./story.ts";

const step = fc.record({
  id: fc.integer({ min: 1, max: 12 }),
  account: fc.integer({ min: 1, max: 3 }),
  amount: fc.integer({ min: 1, max: 5_000 }),
  minutes: fc.integer({ min: 0, max: 20 }),
  fate: fc.constantFrom(
    "received",
    "screened",
    "counted",
    "duplicate",
    "alert",
    "withdrawn",
    "notified",
    "window",
    "late",
    "poison",
  ),
});

/** A story of up to 60 turns. */
export const randomStory: fc.Arbitrary<Story> = fc
  .array(step, { minLength: 1, maxLength: 60 })
  .map((steps) => {
    const story = new Story();
    const before = new Map<string, Transaction>();
    for (const { id, account, amount, minutes, fate } of steps) {
      const eventMs = noonMs + minutes * 60_000;
      const transaction = transactionOf({
        id: `t-${id}`,
        accountId: `acct-${account}`,
        amount,
        occurredAt: new Date(eventMs).toISOString(),
      });
      const times = { receivedAtMs: eventMs + id, processedAtMs: eventMs + id + 5 };
      const earlier = before.get(transaction.accountId);
      const causes = earlier === undefined ? [transaction] : [earlier, transaction];
      before.set(transaction.accountId, transaction);
      const alert = alertOf("card-testing", causes, fate === "withdrawn" ? "withdrawn" : "raised");
      const start = Math.floor(eventMs / 300_000) * 300_000;
      const window = { kind: "tumbling" as const, sizeMs: 300_000, start, end: start + 300_000 };
      story.received(transaction, times);
      if (fate === "duplicate") story.rejected(transaction, "duplicate", times);
      else if (fate === "poison")
        story
          .unreadable(topics.transactionsReceived.name, transaction.accountId, times.receivedAtMs)
          .deadLetter(
            topics.filterDeadLetters,
            transaction.accountId,
            "{",
            { topic: topics.transactionsReceived.name, offset: 1 },
            times.receivedAtMs,
          );
      else if (fate !== "received") story.screened(transaction, times);
      if (fate === "counted") story.counted(transaction, times);
      if (fate === "window") story.aggregate(transaction, { window, final: minutes % 2 === 0 }, undefined);
      if (fate === "late") story.late(transaction, eventMs + 600_000, times);
      if (fate === "alert" || fate === "withdrawn") story.alert("card-testing", causes, times, alert.status);
      if (fate === "notified")
        story.alert("card-testing", causes, times).notified(alert, "webhook", times.processedAtMs, times);
    }
    return story;
  });
