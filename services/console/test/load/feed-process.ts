// The live feed in a process of its own, with transactions coming at a steady rate: what feed.ts loads.
//
// Told over the channel of its parent: { rate } begins or changes the flow, 0 stops it; each is answered with what there
// was so far. No Kafka: chunks go to the read model as they would come from there.

import { FeedServer } from "../harness/feed-server.ts";

/** Answer of the process. */
export interface FeedProcessState {
  readonly port: number;
  /** Transactions so far, by partition. */
  readonly counts: readonly number[];
  readonly cpuMs: number;
  readonly rssBytes: number;
}

const partitions = 4;
const everyMs = 20;

const server = await FeedServer.open({ clientsMax: 5_000 });
const counts = Array.from({ length: partitions }, () => 0);
let rate = 0;
let owed = 0;
let turn = 0;
let atMs = performance.now();

function flow(): void {
  const nowMs = performance.now();
  owed += ((nowMs - atMs) * rate) / 1_000;
  atMs = nowMs;
  const count = Math.floor(owed);
  if (count < 1) return;
  owed -= count;
  const partition = turn++ % partitions;
  counts[partition] = (counts[partition] ?? 0) + count;
  server.appendTransactions(count, { partition, account: `acct-${partition}`, stamp: String(Date.now()) });
}

function state(): FeedProcessState {
  const { user, system } = process.cpuUsage();
  return { port: server.port, counts, cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() };
}

setInterval(flow, everyMs);
process.on("message", (message: { readonly rate?: number }) => {
  flow();
  if (message.rate !== undefined) rate = message.rate;
  process.send?.(state());
});
process.on("disconnect", () => process.exit(0));
process.send?.(state());
