// A bug here shows somebody accounts by the feed, and leaves some of them off the record.

import { createLogger } from "@riffle/service-kit";
import { expect, it } from "vitest";
import { openAccessDatabase } from "../../../src/access/access-database.ts";
import type { Reader } from "../../../src/access/reader.ts";
import { ReadsAudit } from "../../../src/access/reads-audit.ts";
import { EncodedEvent } from "../../../src/feed/encoded-event.ts";
import { FeedReading } from "../../../src/feed/feed-reading.ts";

const reader: Reader = {
  name: "ana",
  via: "key",
  role: "analyst",
  roles: ["viewer", "analyst"],
  seesFullIds: true,
  isStillIn: () => true,
};

it("every account that a feed shows is on record, a thousand in a row of it, the last ones at its end", () => {
  const log = createLogger({ service: "console", instance: "test", level: "silent" });
  const audit = new ReadsAudit(openAccessDatabase(undefined), { log, nowMs: () => 0, days: 400 });
  const reading = new FeedReading(audit, reader, "GET /v1/feed", "/v1/feed", () => 0);
  const accounts = Array.from({ length: 2_500 }, (_, i) => `acct-${i}`);
  for (const [i, accountId] of accounts.entries()) reading.show(shown(i + 1, accountId));
  reading.flush();
  const rows = audit.page(100, Number.MAX_SAFE_INTEGER).items.reverse();
  expect(rows.map(({ path }) => path)).toEqual([
    "begins: /v1/feed",
    "shown: 1000 events, places 1 to 1000",
    "shown: 1000 events, places 1001 to 2000",
    "shown: 500 events, places 2001 to 2500",
  ]);
  expect(rows.flatMap(({ accountIds }) => accountIds)).toEqual(accounts);
});

it("what a feed has shown is on record when its minute is over, though nothing more is shown", () => {
  const log = createLogger({ service: "console", instance: "test", level: "silent" });
  let nowMs = 0;
  const audit = new ReadsAudit(openAccessDatabase(undefined), { log, nowMs: () => nowMs, days: 400 });
  const reading = new FeedReading(audit, reader, "GET /v1/feed", "/v1/feed", () => nowMs);
  const rows = () => audit.page(100, Number.MAX_SAFE_INTEGER).items;
  reading.show(shown(1, "acct-1"));
  nowMs = 59_999;
  reading.flushIfDue();
  expect(rows()).toHaveLength(1);
  nowMs = 60_000;
  reading.flushIfDue();
  expect(rows()[0]).toMatchObject({ path: "shown: 1 events, places 1 to 1", accountIds: ["acct-1"] });
  nowMs = 200_000;
  reading.flushIfDue();
  expect(rows()).toHaveLength(2);
});

function shown(seq: number, accountId: string): EncodedEvent {
  const event = {
    seq,
    kind: "alert" as const,
    topic: "alerts.v1",
    partition: 0,
    offset: seq,
    account: accountId,
    rule: null,
    severity: null,
    data: JSON.stringify({ accountId }),
  };
  return new EncodedEvent(event, "epoch");
}
