// From an attack to a line of the ledger: waits until the pipeline has nothing left to do, reads its topics, and compares.
//
//   J1. Whatever goes wrong on the way is a violation and part of the entry: a pipeline that does not come to rest, topics
//       that cannot be read. There is no campaign without a verdict.

import { join } from "node:path";
import { minutesLongModel } from "../model/options.ts";
import { leftToDo, untilDrained } from "../pipeline/drained.ts";
import type { RunningPipeline } from "../pipeline/running-pipeline.ts";
import { type PipelineRecords, readPipeline } from "../pipeline/topic-answers.ts";
import type { WebhookReceiver } from "../pipeline/webhook-receiver.ts";
import { violationsOf, violationsUnderWay } from "./checks.ts";
import { fatalsOf, unexplainedEnds } from "./endings.ts";
import { commitOf, type LedgerEntry } from "./ledger.ts";
import { readLoadLog } from "./load-log.ts";
import { streamServices } from "./plan.ts";
import type { WrittenPoison } from "./poison-writer.ts";
import type { Sent } from "./sent.ts";
import { sometimesOf } from "./sometimes.ts";
import type { Tally } from "./tally.ts";

/** What the notifier tells in a campaign, and the status with which each channel takes it. */
export const campaignChannels = [
  { name: "console", status: null },
  { name: "webhook", status: 204 },
] as const;

/** What the load came to. */
export interface LoadFigures {
  readonly attempts: number;
  readonly accepted: number;
  /** Still without an answer long after everything was healed. */
  readonly unanswered: number;
}

/** What the attack leaves behind to be judged. */
export interface Attacked {
  readonly sent: Sent;
  readonly load: LoadFigures;
  readonly tally: Tally;
  readonly poison: WrittenPoison;
  readonly torn: readonly string[];
  readonly looksAtAtomicity: number;
  readonly seconds: number;
  readonly rounds: LedgerEntry["rounds"];
  /** Why a lane of faults could not go on, if one could not. */
  readonly brokeOff: readonly string[];
}

/** Who is judged. */
export interface Judged {
  readonly seed: number;
  readonly folder: string;
  /** Brokers that are not behind a proxy. */
  readonly brokers: readonly string[];
  readonly pipeline: RunningPipeline;
  readonly receiver: WebhookReceiver;
}

/** Where the load keeps what it was answered, in the campaign's folder. */
export const answersFile = (folder: string): string => join(folder, "answers.log");

const drainMsMin = 180_000;
/** Of each minute of attack, what may be left to do after it, milliseconds. */
const drainMsAMinute = 20_000;

const firstLines = (error: unknown): string => String(error).split("\n").slice(0, 3).join(" ");

/** Waits for the end. @returns what kept the pipeline from it, with what is left to do */
const unrest = async ({ brokers, pipeline }: Judged, seconds: number): Promise<string[]> => {
  try {
    await pipeline.untilReady();
    await untilDrained(brokers, streamServices, Math.max(drainMsMin, (seconds / 60) * drainMsAMinute));
    return [];
  } catch (error) {
    const left = await leftToDo(brokers, streamServices).catch((unknown: unknown) => [firstLines(unknown)]);
    return [`the pipeline did not come to rest: ${firstLines(error)}`, ...left];
  }
};

const compared = async (
  { brokers, folder, receiver }: Judged,
  { sent, poison, torn }: Attacked,
  isAtRest: boolean,
): Promise<{ readonly records?: PipelineRecords; readonly violations: string[] }> => {
  try {
    const records = await readPipeline(brokers);
    const evidence = {
      brokers,
      records,
      model: minutesLongModel,
      sent,
      answered: readLoadLog(answersFile(folder)),
      channels: campaignChannels,
      receiver,
      poison,
      torn,
    };
    return { records, violations: isAtRest ? await violationsOf(evidence) : violationsUnderWay(evidence) };
  } catch (error) {
    return { violations: [`the topics cannot be compared: ${firstLines(error)}`, ...torn] };
  }
};

const countsOf = (records: PipelineRecords): Record<string, number> => {
  const count = (of: "screened" | "windows" | "updates" | "late"): number =>
    records.answers.reduce((sum, answer) => sum + answer[of].length, 0);
  return {
    received: records.received.flat().length,
    deadLetters: records.letters.reduce((sum, { found }) => sum + found.flat().length, 0),
    screened: count("screened"),
    windows: count("windows"),
    updates: count("updates"),
    late: count("late"),
    alerts: records.alerts.length,
    withdrawn: records.alerts.filter(({ status }) => status === "withdrawn").length,
    notifications: records.notifications.flat().length,
  };
};

/** The entry of a campaign that was attacked as told. */
export const judge = async (judged: Judged, attacked: Attacked): Promise<LedgerEntry> => {
  const { load, tally, poison, looksAtAtomicity, seconds, rounds, brokeOff } = attacked;
  const { pipeline, receiver } = judged;
  const restless = await unrest(judged, seconds);
  const { records, violations } = await compared(judged, attacked, restless.length === 0);
  const fatals = fatalsOf(pipeline.logLines());
  return {
    commit: commitOf(),
    seed: judged.seed,
    minutes: Math.round(seconds / 6) / 10,
    rounds,
    faults: tally.toObject(),
    effects: {
      attempts: load.attempts,
      accepted: load.accepted,
      acceptedPerSecond: Math.round(load.accepted / seconds),
      unreadable: poison.acknowledged.size,
      looksAtAtomicity,
      ...(records === undefined ? {} : countsOf(records)),
      webhooks: receiver.messages.size,
      webhooksRepeated: receiver.repeats,
    },
    sometimes: sometimesOf(pipeline.logLines()),
    fatals,
    violations: [
      ...brokeOff,
      ...(load.unanswered > 0
        ? [`${load.unanswered} transactions had no answer long after everything was healed`]
        : []),
      ...restless,
      ...violations,
      ...unexplainedEnds(fatals, pipeline.endings, pipeline.terminations),
    ],
  };
};

/** The entry of a campaign that fell apart before there was anything to judge. */
export const brokenOff = (seed: number, seconds: number, error: unknown): LedgerEntry => ({
  commit: commitOf(),
  seed,
  minutes: Math.round(seconds / 6) / 10,
  rounds: { kills: 0, processes: 0, network: 0 },
  faults: {},
  effects: {},
  sometimes: {},
  fatals: {},
  violations: [`the campaign broke off: ${firstLines(error)}`],
});
