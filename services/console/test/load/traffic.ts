// Records as a busy pipeline writes them, for measuring: accounts in turn, every transaction screened and counted, windows
// that close, now and then a rejection or an alert with its notification.

import type { OutgoingRecord } from "@riffle/streams";
import { alertOf, noonMs, Story, transactionOf } from "../harness/story.ts";

const accounts = 1_000;
const minuteMs = 60_000;

/** What one transaction becomes: on average 6.5 records, as many as in bench/drain.ts. */
const addTransaction = (story: Story, i: number): void => {
  const eventMs = noonMs + i * 20;
  const transaction = transactionOf({
    id: `tx-${i.toString(36).padStart(8, "0")}`,
    accountId: `acct-${i % accounts}`,
    amount: 1 + ((i * 7_919) % 100_000),
    occurredAt: new Date(eventMs).toISOString(),
    channel: "online",
    merchantId: `merchant-${i % 97}`,
    country: "DE",
  });
  const times = { receivedAtMs: eventMs + 3, processedAtMs: eventMs + 12 };
  story.received(transaction, times);
  if (i % 500 === 499) {
    story.rejected(transaction, "duplicate", times);
    return;
  }
  story.screened(transaction, times).counted(transaction, times);
  if (i % 2 === 0) addClosedWindows(story, transaction, eventMs);
  if (i % 200 === 0) {
    const alert = alertOf("card-testing", [transaction]);
    story.alert("card-testing", [transaction], times).notified(alert, "webhook", eventMs, times);
  }
};

const addClosedWindows = (
  story: Story,
  transaction: ReturnType<typeof transactionOf>,
  eventMs: number,
): void => {
  const start = Math.floor(eventMs / minuteMs) * minuteMs;
  const sizeMs = 5 * minuteMs;
  const fixed = (kind: "tumbling" | "session") => ({ kind, sizeMs, start, end: start + sizeMs });
  story.aggregate(transaction, { window: fixed("tumbling"), final: true }, undefined);
  story.aggregate(transaction, { window: fixed("session"), final: true }, undefined);
  for (let back = 0; back < 5; back++) {
    const from = start - back * minuteMs;
    const window = { kind: "hopping" as const, sizeMs, advanceMs: minuteMs, start: from, end: from + sizeMs };
    story.aggregate(transaction, { window, final: true }, undefined);
  }
};

/** At least so many records, from the `from`-th transaction on. @returns where to go on */
export const busyRecords = (
  count: number,
  from: number,
  partitions: number,
): { readonly records: OutgoingRecord[]; readonly next: number } => {
  const story = new Story(partitions);
  let next = from;
  while (story.records.length < count) addTransaction(story, next++);
  return { records: story.records, next };
};
