// Fail-points: named places in the life of a service where a test can end, stop or break it.
//
// A kill at random finds the windows it happens to hit; a fail-point hits one for certain. Nothing is armed unless
// RIFFLE_FAILPOINT says so, and then a place costs one comparison. No place is inside a loop over records.
//
//   FP1. A fail-point acts once, at the n-th time its place is reached, and never again in that process.
//   FP2. A place that is held lets the rest of the process go on: it answers probes and keeps its membership.

import { StreamsConfigError, StreamsError } from "./errors.ts";

/** The places, in the order in which a service comes by them. */
export const failPoints = [
  /** The transactional producer is initialised; what a predecessor left is aborted. */
  "after-init-producer",
  /** A member of the group, nothing restored yet. */
  "after-join",
  "before-restore",
  /** A fetch of a changelog is applied, and there may be more. */
  "during-restore",
  "after-restore",
  /** A chunk of records is in hand and unprocessed. */
  "after-fetch",
  /** A chunk is processed, nothing of it committed. */
  "after-process",
  /** Outputs are drained from the tasks, nothing is sent. */
  "before-produce",
  /** Outputs and changelog are acknowledged, offsets not sent. */
  "after-produce",
  /** Offsets are acknowledged, EndTxn not sent. */
  "after-offset-commit",
  /** EndTxn is answered, the process has not acted on it. */
  "after-end-txn",
  /** Committed state is about to go to the local disk. */
  "before-checkpoint",
  "after-checkpoint",
  /** The group changes; what was held is committed, nothing given up yet. */
  "before-rejoin",
  /** After an error: everything uncommitted is about to be dropped. */
  "before-rebuild",
  /** A shutdown has committed and is about to leave the group. */
  "before-leave",
  /** Ingest: a transaction is checked and not sent. */
  "before-accept",
  /** Ingest: every in-sync replica has it, the 202 is not written. */
  "after-accept",
  /** Notifier: an alert is about to go to a channel. */
  "before-delivery",
  /** Notifier: the channel has it, its outcome is not committed. */
  "after-delivery",
] as const;

/** One of {@link failPoints}. */
export type FailPoint = (typeof failPoints)[number];

/**
 * `kill`: SIGKILL to itself. `pause`: SIGSTOP to itself, until somebody sends SIGCONT. `throw`: an error. `hold`: what is
 * at this place waits until somebody sends SIGCONT, while the process goes on (FP2); only where {@link holdingPoints} says.
 */
export type FailPointAction = "kill" | "pause" | "throw" | "hold";

/** The places that can be held: a restore that takes as long as somebody wants. */
export const holdingPoints: readonly FailPoint[] = ["before-restore"];

/** An armed fail-point. */
export interface FailPointOrder {
  readonly point: FailPoint;
  readonly action: FailPointAction;
  /** At which time the place is reached, counted from 1. */
  readonly hit: number;
}

const actions: readonly string[] = ["kill", "pause", "throw", "hold"] satisfies FailPointAction[];

const isFailPoint = (name: string): name is FailPoint => (failPoints as readonly string[]).includes(name);

/**
 * Reads `point:action` or `point:action:n`: `after-end-txn:kill:3` ends the process when its third EndTxn is answered.
 *
 * @throws StreamsConfigError naming what is not known, and what there is
 */
export const parseFailPoint = (text: string): FailPointOrder => {
  const [point = "", action = "", hit = "1", ...rest] = text.split(":");
  const faults: string[] = [];
  if (!isFailPoint(point)) faults.push(`"${point}" is no fail-point; there are ${failPoints.join(", ")}.`);
  if (!actions.includes(action)) faults.push(`"${action}" is no action; there are ${actions.join(", ")}.`);
  if (action === "hold" && !(holdingPoints as readonly string[]).includes(point))
    faults.push(`"hold" is possible at ${holdingPoints.join(", ")} alone.`);
  if (!/^[1-9]\d{0,8}$/.test(hit) || rest.length > 0)
    faults.push(`"${text}" must be point:action or point:action:n, with n from 1.`);
  if (!isFailPoint(point) || faults.length > 0) throw new StreamsConfigError(faults);
  return { point, action: action as FailPointAction, hit: Number(hit) };
};

let armed: FailPointOrder | undefined;
let reached = 0;

/** Arms one fail-point in this process, in place of any other; `undefined` disarms. */
export const armFailPoint = (order: FailPointOrder | undefined): void => {
  armed = order;
  reached = 0;
};

/** Marks the place. @throws StreamsError STREAMS_FAIL_POINT when it is armed with `throw` and this is its time */
export const failPoint = (point: FailPoint): void => {
  const action = due(point);
  if (action !== undefined) act(point, action);
};

/** Marks a place that can be held. @returns what to wait for, undefined almost always @throws as {@link failPoint} */
export const holdingFailPoint = (point: FailPoint): Promise<void> | undefined => {
  const action = due(point);
  if (action === "hold") return continued();
  if (action !== undefined) act(point, action);
  return undefined;
};

/** What is to be done at the place now (FP1). */
const due = (point: FailPoint): FailPointAction | undefined => {
  if (armed === undefined || armed.point !== point) return undefined;
  reached++;
  if (reached !== armed.hit) return undefined;
  const { action } = armed;
  armed = undefined;
  return action;
};

const continued = (): Promise<void> =>
  new Promise((resolve) => void process.once("SIGCONT", () => resolve()));

const act = (point: FailPoint, action: FailPointAction): void => {
  if (action === "kill") process.kill(process.pid, "SIGKILL");
  else if (action === "pause") process.kill(process.pid, "SIGSTOP");
  else
    throw new StreamsError(
      "STREAMS_FAIL_POINT",
      `The fail-point ${point} was armed with "throw" and has been reached.`,
    );
};
