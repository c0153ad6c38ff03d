// The way of a transaction: each record that stands for it, where it lies, and the time between.

import type { ReactNode } from "react";
import type { Hop } from "../api/wire.ts";
import { formatDuration } from "../format/text.ts";
import { Mark, type Tone } from "../marks/mark.tsx";
import { AlertLink, Place } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";

const tones: Readonly<Record<string, Tone>> = {
  received: "info",
  screened: "good",
  counted: "good",
  matched: "warn",
  notified: "good",
  rejected: "warn",
  "dead-lettered": "bad",
};

const meanings: Readonly<Record<string, string>> = {
  received: "accepted, and in every in-sync replica",
  screened: "passed the filter, once",
  rejected: "kept out by the filter",
  counted: "added to the windows of its account",
  matched: "completed or joined a pattern",
  notified: "a channel was told",
  "dead-lettered": "could not be processed",
};

/** The hops in order. A bar shows how much of the whole time went before each. */
export function Journey({ hops }: { readonly hops: readonly Hop[] }): ReactNode {
  const longestMs = Math.max(1, ...hops.map(({ sincePreviousMs }) => sincePreviousMs ?? 0));
  return (
    <ol className="journey">
      {hops.map((hop) => (
        <li key={`${hop.topic}/${hop.partition}/${hop.offset}/${hop.stage}`}>
          <Mark tone={tones[hop.stage] ?? "quiet"} />
          <div className="hop">
            <div className="line">
              <strong>{hop.stage}</strong>
              <span className="is-quiet">{hop.service}</span>
              <span className="note">{hop.reason ?? meanings[hop.stage]}</span>
              {hop.alertId !== undefined && <AlertLink id={hop.alertId} most={14} />}
            </div>
            <Place topic={hop.topic} partition={hop.partition} offset={hop.offset} />
          </div>
          <div className="hop-time">
            {hop.atMs === null ? (
              <span className="note">time not known</span>
            ) : (
              <Moment at={hop.atMs} precision="clock" />
            )}
            {hop.sincePreviousMs !== null && (
              <span className="hop-since">
                <meter
                  min={0}
                  max={longestMs}
                  value={hop.sincePreviousMs}
                  aria-label="Share of the longest step"
                />
                +{formatDuration(hop.sincePreviousMs)}
              </span>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}

/** From the first to the last known time, undefined while fewer than two are known. */
export function wholeTimeMs(hops: readonly Hop[]): number | undefined {
  const times = hops.map(({ atMs }) => atMs).filter((ms) => ms !== null);
  return times.length < 2 ? undefined : Math.max(...times) - Math.min(...times);
}
