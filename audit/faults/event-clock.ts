// The event time of a campaign: it runs faster than the clock, and yet never gets ahead of it.
//
//   EC1. From the first event to the last, whatever the length that the campaign may have, event time is not in the future and
//        not older than ingest takes: a valid transaction that is refused would be called a violation.
//   EC2. So every attack has an end: a campaign of one round too, whose length the faults decide.

import { eventAgeMaxMs } from "@riffle/contracts";

const minuteMs = 60_000;

/** Event time runs this much faster than the clock, so that windows close and sessions end all the time. */
export const eventTimeFactor = 12;

/** A campaign of one round that takes longer is ended, and says that its round was not finished. */
export const roundMinutesMax = 60;

/** What the last faults and the requests under way may take beyond the end of an attack. */
const overrunMinutes = 10;

/** Starting the cluster and the pipeline, and the repeats of what was not answered, take their time. */
const marginMs = 60 * minuteMs;

/** The longest campaign (EC1): its first event is as old as ingest takes it. */
export const campaignMinutesMax =
  Math.floor((eventAgeMaxMs - marginMs) / (eventTimeFactor * minuteMs)) - overrunMinutes;

/** When the attack is over. @param minutes of the campaign; 0 is one round @returns minutes from its start */
export const attackMinutesMax = (minutes: number): number => (minutes > 0 ? minutes : roundMinutesMax);

/** The event time of the first transaction, epoch milliseconds. */
export const firstEventMs = (minutes: number, nowMs: number): number => {
  const lengthMs = (attackMinutesMax(minutes) + overrunMinutes) * minuteMs * eventTimeFactor;
  return Math.floor((nowMs - lengthMs) / minuteMs) * minuteMs;
};
