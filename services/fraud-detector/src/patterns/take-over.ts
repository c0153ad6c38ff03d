// Take-over
//
// A message says that a parcel waits, and asks for a code. Ten minutes later somebody else's telephone is registered to
// your account. It pays for a coffee, to see that it can, and then it moves 4,000.00 to an account that was opened
// yesterday.
//
// The pattern, per account: a transaction from a device that is new to it, then a transfer out, within 30 minutes.
//
//   T1. "Within" is inclusive: event time of the transfer minus that of the new device's first transaction is at most
//       30 minutes.
//   T2. A device is new when the account has known devices and this is none of them. The first device of an account is
//       not new: there is nothing that it differs from.
//   T3. The transfer comes from the new device, or names none. One from a device that is known is the owner's.
//   T4. The new device's first transaction, whatever it is, begins the pattern and does not complete it: a transfer
//       that is itself the first is not yet a take-over.
//   T5. Known are the 10 devices that were seen last; the one that was not seen for longest makes room, and a device that
//       was not seen for 400 days is forgotten. From its first transaction on a device is known.
//   T6. After a match the account starts afresh. Order is event time, ties by offset: what comes out of order, within
//       grace, counts in its place, and may turn a new device into a known one.
//   T7. Of the first transactions of new devices within those 30 minutes the latest 50 are watched: an account on which ever
//       new devices show up does not grow without end.
//
// The pattern runs over transactions that have been told whether their device is new; both are done in order of event
// time, so both are one fold. State per account: the known devices, and the first transactions of new ones.

import { formatMoney, type Transaction } from "@riffle/contracts";
import {
  compilePattern,
  keyValueStore,
  type Pattern,
  type PatternEvent,
  type PatternMatch,
  type PatternProgram,
  type PatternState,
  patternOf,
  skipPastLast,
  stepPattern,
} from "@riffle/streams";
import { alertOf, type Finding } from "../alert-of.ts";
import { formatAfter } from "../duration.ts";
import type { Fold, FoldedKey, FoldStep } from "../event-time-fold.ts";
import { takenOf, tookMs } from "../evidence.ts";
import { historyRule } from "../history-rule.ts";
import { bytesOfJudged } from "../judged-transaction.ts";
import type { Rule, RuleHead } from "../rule.ts";

/** The parameters of the pattern. */
export interface TakeOverParameters {
  /** Longest time from the new device's first transaction to the transfer, milliseconds, inclusive. */
  readonly withinMs: number;
  /** How many devices are known of an account. */
  readonly devicesMax: number;
  /** How long a device is known after it was last seen, milliseconds, inclusive. */
  readonly retentionMs: number;
}

/** A transaction, and whether its device is new to the account. */
export interface DeviceUse {
  readonly transaction: Transaction;
  readonly isNew: boolean;
}

interface KnownDevice {
  readonly id: string;
  readonly seenMs: number;
}

/** What is remembered of an account. */
export interface Devices {
  /** The one seen last comes first. */
  readonly known: readonly KnownDevice[];
  /** The pattern's state, while a match is in the making. */
  readonly matching?: PatternState<DeviceUse>;
}

type Steps = "device" | "transfer";

/** The rule's state of each account. */
export const takeOverStore = keyValueStore<FoldedKey<Devices, Transaction>>("take-over-devices");

/** How many first transactions of new devices are watched at once (T7). */
export const newDevicesMax = 50;

const head: RuleHead = { name: "take-over", version: 1, severity: "high" };

/** The pattern in the engine's language. */
export const takeOverPattern = ({
  withinMs,
}: Pick<TakeOverParameters, "withinMs">): Pattern<DeviceUse, Steps> =>
  patternOf<DeviceUse>()
    .begin("device")
    .where(({ isNew }) => isNew)
    .followedBy("transfer")
    .where(({ transaction }, match) => {
      const device = match.events("device")[0]?.value.transaction.deviceId;
      const { type, deviceId } = transaction;
      return type === "transfer" && (deviceId === undefined || deviceId === device);
    })
    .within(withinMs)
    .afterMatch(skipPastLast({ evidence: "latest" }));

/** The rule. */
export const takeOverRule = (parameters: TakeOverParameters, graceMs: number): Rule =>
  historyRule({
    ...head,
    store: takeOverStore,
    fold: takeOverFold(parameters),
    graceMs,
    eventOf: (transaction) =>
      transaction.deviceId !== undefined || transaction.type === "transfer" ? transaction : undefined,
    bytesOf: bytesOfJudged,
    keyOf: ({ accountId }) => accountId,
  });

const takeOverFold = (parameters: TakeOverParameters): Fold<Devices, Transaction> => {
  const program = compilePattern(takeOverPattern(parameters), { partialsMax: newDevicesMax });
  return {
    step: (state, event) => stepOf(parameters, program, state, event),
    usefulUntilMs: ({ known }) => (known[0]?.seenMs ?? 0) + parameters.retentionMs,
  };
};

const stepOf = (
  { devicesMax, retentionMs }: TakeOverParameters,
  program: PatternProgram<DeviceUse, Steps>,
  state: Devices | undefined,
  { eventTimeMs, offset, value: transaction }: PatternEvent<Transaction>,
): FoldStep<Devices> => {
  const known = (state?.known ?? []).filter(({ seenMs }) => eventTimeMs - seenMs <= retentionMs);
  const { deviceId } = transaction;
  const isNew = deviceId !== undefined && known.length > 0 && known.every(({ id }) => id !== deviceId);
  const next =
    deviceId === undefined
      ? known
      : [{ id: deviceId, seenMs: eventTimeMs }, ...known.filter(({ id }) => id !== deviceId)];
  const devices = next.length > devicesMax ? next.slice(0, devicesMax) : next;
  // The pattern begins with a new device: without one, and without a match in the making, it has nothing to do.
  if (!isNew && state?.matching === undefined)
    return { state: devices.length === 0 ? undefined : { known: devices } };
  const event = { eventTimeMs, offset, value: { transaction, isNew } };
  const { state: matching, matches } = stepPattern(program, state?.matching, event);
  return {
    state: matching === undefined ? { known: devices } : { known: devices, matching },
    alert: matches[0] && alertOf(head, findingOf(matches[0], program.stepNames)),
  };
};

const findingOf = (match: PatternMatch<DeviceUse, Steps>, stepNames: readonly Steps[]): Finding => {
  const taken = takenOf(match, stepNames);
  const [first, ...others] = taken.map(({ value }) => value.transaction);
  if (first === undefined) throw new TypeError("take-over: a match without events");
  const evidence: Finding["evidence"] = [first, ...others];
  const { amount, currency } = evidence.at(-1) ?? first;
  const reason = `transfer of ${formatMoney(amount, currency)} ${formatAfter(tookMs(evidence))} the first transaction from a new device`;
  return { evidence, steps: taken.map(({ step }) => step), reason };
};
