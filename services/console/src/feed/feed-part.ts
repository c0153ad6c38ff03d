// The live feed, put together: the journal of the read model, the hub, its routes, and what happens each second.

import { setImmediate as soon } from "node:timers";
import type { ConsolePart } from "../console-part.ts";
import { DiskFullError } from "../read-model/errors.ts";
import { overviewOf } from "../read-model/overview.ts";
import { behindEventsMax, FeedHub } from "./feed-hub.ts";
import { addFeedRoutes } from "./feed-routes.ts";
import { Journal } from "./journal.ts";

const tickMs = 1_000;
/** Slices of old rows that are removed each second, at most: 50,000 rows. */
const trimsATick = 5;
const hourMs = 3_600_000;

/** The part. */
export const feedPart: ConsolePart = {
  name: "feed",
  register: async (app, context) => {
    const { config, log, model, metrics, access, fatal, now } = context;
    const { database, epoch } = model;
    const journal = new Journal(database, {
      eventsMax: config.FEED_JOURNAL_EVENTS,
      oldestMs: () => now() - config.RETENTION_HOURS * hourMs,
    });
    const hub = new FeedHub({
      log: journal,
      epoch,
      // Who is sent away may come back: the journal must reach back to where he stands.
      behindEventsMax: Math.min(behindEventsMax, Math.floor(config.FEED_JOURNAL_EVENTS / 2)),
      later: (act) => void soon(act),
      nowMs: () => Math.trunc(performance.now()),
      onFault: (error) => log.error({ err: error }, "a client of the feed was closed for a fault of ours"),
    });
    model.onApplied(() => hub.wake());
    metrics.gauge({
      name: "riffle_console_feed_clients",
      help: "Clients of the live feed.",
      collect: (gauge) => gauge.set(hub.clients),
    });
    const slow = metrics.counter({
      name: "riffle_console_feed_slow_clients_total",
      help: "Clients of the live feed that were closed because they read too slowly.",
    });
    const refused = metrics.counter({
      name: "riffle_console_feed_refused_total",
      help: "Clients that the live feed did not take, by the code of the answer.",
      labels: ["code"],
    });
    const tick = (): void => {
      const before = hub.slowClients;
      hub.tick();
      slow.inc(hub.slowClients - before);
      if (hub.clients > 0) {
        const sources = { database, figures: context.figures, cluster: context.cluster.state };
        hub.broadcast(JSON.stringify({ type: "figures", ...overviewOf(sources, now()) }));
      }
      for (let trims = 0; trims < trimsATick && trimmed(journal) > 0; trims++);
    };
    const timer = setInterval(() => {
      try {
        tick();
      } catch (error) {
        fatal(error);
      }
    }, tickMs);
    timer.unref();
    app.addHook("onClose", async () => clearInterval(timer));
    const { mask, audit } = access;
    await addFeedRoutes(app, {
      hub,
      mask,
      audit,
      clientsMax: config.FEED_CLIENTS_MAX,
      nowMs: now,
      onRefused: (code) => refused.inc({ code }),
    });
  },
};

/** @returns how many rows went; 0 when the disk is full: the read model tells of it, and the next second is another try */
function trimmed(journal: Journal): number {
  try {
    return journal.trim();
  } catch (error) {
    if (error instanceof DiskFullError) return 0;
    throw error;
  }
}
