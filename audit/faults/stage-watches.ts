// What may be seen of a stage at any moment, from outside: outputs if and only if the offsets of their input are committed.
//
// One look is: committed offsets, then the outputs that are new, then the input, then the committed offsets once more.
// What was committed at first must be visible in the outputs; what is visible must be committed in the end: topics are
// read while no open transaction can change that.
//
//   SW1. Where each input record makes exactly one output, they are counted (`CountingWatch`): the filter's, which screens,
//        rejects or dead-letters; the aggregator's, whose running figure, late record or dead letter it is. A window that
//        closes belongs to no one record, and is left to the comparison at the end.
//   SW2. Where a record makes none or many, each output names its cause (`CausalWatch`): an alert the transaction on whose
//        arrival it was told, a dead letter its offset. An output that becomes visible after its cause had been committed
//        at the look before is as torn as one whose cause is not committed.
//   SW3. An outcome of a notification comes when somebody was reached, so of the notifier the second half alone is seen;
//        that nothing owed is lost, the comparison at the end shows.

import { deadLetterHeaderNames, notificationId, topics } from "@riffle/contracts";
import type { FoundRecord } from "../pipeline/dead-letters.ts";
import { isPlanted } from "../workload/poison.ts";

/** Committed offsets of one partition around a look, and the same of the look before. */
export interface Committed {
  readonly previously: number;
  readonly before: number;
  readonly after: number;
}

/** A stage that is looked at. Its topics are handed over record by record, each once. */
export interface StageWatch {
  readonly group: string;
  readonly input: string;
  readonly outputs: readonly string[];
  /** Whether the records of the input must be handed over, behind the outputs. */
  readonly readsInput: boolean;
  takeOutput(topic: string, partition: number, record: FoundRecord): void;
  takeInput(partition: number, record: FoundRecord): void;
  /** What the look shows that must not be. */
  judge(partition: number, committed: Committed): string[];
}

/** Makes the list of a partition when it is asked for first. */
class PerPartition<T> {
  readonly #all = new Map<number, T>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  of(partition: number): T {
    const found = this.#all.get(partition) ?? this.#make();
    this.#all.set(partition, found);
    return found;
  }
}

/** Which records are the stage's own answer to an input record. */
type IsAnswer = (topic: string, record: FoundRecord) => boolean;

/** How to count. */
export interface CountingOptions {
  readonly group: string;
  readonly input: string;
  readonly outputs: readonly string[];
  readonly isAnswer: IsAnswer;
  /** Whether every offset of the input is a record: nobody writes to it in transactions. */
  readonly isGapless: boolean;
}

interface Counts {
  visible: number;
  /** Offsets of the input, ascending. */
  readonly offsets: number[];
}

/** One output for each input record (SW1). */
export class CountingWatch implements StageWatch {
  readonly group: string;
  readonly input: string;
  readonly outputs: readonly string[];
  readonly readsInput: boolean;
  readonly #isAnswer: IsAnswer;
  readonly #counts = new PerPartition<Counts>(() => ({ visible: 0, offsets: [] }));

  constructor({ group, input, outputs, isAnswer, isGapless }: CountingOptions) {
    this.group = group;
    this.input = input;
    this.outputs = outputs;
    this.readsInput = !isGapless;
    this.#isAnswer = isAnswer;
  }

  takeOutput(topic: string, partition: number, record: FoundRecord): void {
    if (this.#isAnswer(topic, record)) this.#counts.of(partition).visible++;
  }

  takeInput(partition: number, { offset }: FoundRecord): void {
    this.#counts.of(partition).offsets.push(offset);
  }

  judge(partition: number, { before, after }: Committed): string[] {
    const { visible } = this.#counts.of(partition);
    const [least, most] = [this.#recordsBelow(partition, before), this.#recordsBelow(partition, after)];
    const where = `${this.group}/${partition}`;
    if (visible < least)
      return [`${where}: ${least} records are committed (to ${before}), and only ${visible} outputs visible`];
    if (visible > most)
      return [`${where}: ${visible} outputs are visible, and only ${most} records committed (to ${after})`];
    return [];
  }

  #recordsBelow(partition: number, offset: number): number {
    if (!this.readsInput) return offset;
    const { offsets } = this.#counts.of(partition);
    let [low, high] = [0, offsets.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((offsets[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How to find causes. */
export interface CausalOptions {
  readonly group: string;
  readonly input: string;
  readonly outputs: readonly string[];
  /** What outputs may call this record by. */
  readonly namesOf: (record: FoundRecord) => readonly string[];
  /** Its name for its cause, or the cause's offset; undefined for an output without one. */
  readonly causeOf: (topic: string, record: FoundRecord) => string | number | undefined;
  /** Whether an output is there as soon as its cause is committed, or later (SW3). */
  readonly isPrompt: boolean;
}

interface Causes {
  /** Offsets by name: more than one when the filter had forgotten the first of an id. */
  readonly offsets: Map<string, number[]>;
  /** Causes of the outputs that the look at hand has found. */
  found: (string | number)[];
}

/** Outputs that name their causes (SW2). */
export class CausalWatch implements StageWatch {
  readonly group: string;
  readonly input: string;
  readonly outputs: readonly string[];
  readonly readsInput = true;
  readonly #options: CausalOptions;
  readonly #causes = new PerPartition<Causes>(() => ({ offsets: new Map(), found: [] }));

  constructor(options: CausalOptions) {
    this.group = options.group;
    this.input = options.input;
    this.outputs = options.outputs;
    this.#options = options;
  }

  takeOutput(topic: string, partition: number, record: FoundRecord): void {
    const cause = this.#options.causeOf(topic, record);
    if (cause !== undefined) this.#causes.of(partition).found.push(cause);
  }

  takeInput(partition: number, record: FoundRecord): void {
    const { offsets } = this.#causes.of(partition);
    for (const name of this.#options.namesOf(record))
      offsets.set(name, [...(offsets.get(name) ?? []), record.offset]);
  }

  judge(partition: number, { previously, after }: Committed): string[] {
    const causes = this.#causes.of(partition);
    const faults = causes.found.flatMap((cause) => {
      const offsets = typeof cause === "number" ? [cause] : (causes.offsets.get(cause) ?? []);
      // A dead letter is in the commit of its record, whatever else comes later.
      const from = this.#options.isPrompt || typeof cause === "number" ? previously : 0;
      if (offsets.some((offset) => offset >= from && offset < after)) return [];
      const where = `${this.group}/${partition}`;
      return [
        `${where}: an output of ${cause} (offset ${offsets.join(", ") || "unknown"}) became visible while offsets from ${from} to ${after} were committed`,
      ];
    });
    causes.found = [];
    if (this.#options.isPrompt) forgetBelow(causes.offsets, previously);
    return faults;
  }
}

/** What was committed at an earlier look makes no output any more. Names stand in the order of their offsets. */
const forgetBelow = (offsets: Map<string, number[]>, below: number): void => {
  for (const [name, of] of offsets) {
    if ((of.at(-1) ?? 0) >= below) return;
    offsets.delete(name);
  }
};

const nameOf = (record: FoundRecord, field: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(record.value ?? []).toString());
    const found = typeof value === "object" && value !== null && (value as Record<string, unknown>)[field];
    return typeof found === "string" ? found : undefined;
  } catch {
    return undefined;
  }
};

const listed = (name: string | undefined): string[] => (name === undefined ? [] : [name]);

/** The offset that a dead letter comes from. */
const originalOffset = ({ headers }: FoundRecord): number | undefined => {
  const [, bytes] = headers.find(([name]) => name === deadLetterHeaderNames.originalOffset) ?? [];
  return bytes ? Number(Buffer.from(bytes).toString()) : undefined;
};

const slidingMark = Buffer.from('"kind":"sliding"');

/** Whether the filter wrote it: others' poison is among what it screened, and keeps its mark as a dead letter. */
const isOfFilter: IsAnswer = (topic, record) => topic === topics.filterDeadLetters.name || !isPlanted(record);

/** Finals are nobody's answer (SW1). */
const isOfAggregator: IsAnswer = (topic, { value }) =>
  topic !== topics.aggregatesAccount.name || (value !== null && Buffer.from(value).includes(slidingMark));

const outcomesOf = (record: FoundRecord, channels: readonly string[]): string[] => {
  const [alertId, alertStatus] = [nameOf(record, "id"), nameOf(record, "status")];
  if (alertId === undefined || alertStatus === undefined) return [];
  const changedBy = nameOf(record, "changedBy");
  return channels.map((channel) => notificationId({ alertId, alertStatus, changedBy, channel }));
};

/** @param channels of the notifier */
export const stageWatches = (channels: readonly string[]): StageWatch[] => [
  new CountingWatch({
    group: "filter",
    input: topics.transactionsReceived.name,
    outputs: [
      topics.transactionsScreened.name,
      topics.transactionsRejected.name,
      topics.filterDeadLetters.name,
    ],
    isAnswer: isOfFilter,
    isGapless: true,
  }),
  new CountingWatch({
    group: "aggregator",
    input: topics.transactionsScreened.name,
    outputs: [topics.aggregatesAccount.name, topics.aggregatorLate.name, topics.aggregatorDeadLetters.name],
    isAnswer: isOfAggregator,
    isGapless: false,
  }),
  new CausalWatch({
    group: "fraud-detector",
    input: topics.transactionsScreened.name,
    outputs: [topics.alerts.name, topics.fraudDetectorDeadLetters.name],
    namesOf: (record) => listed(isPlanted(record) ? undefined : nameOf(record, "id")),
    // Others' poison is among the alerts.
    causeOf: (topic, record) => {
      if (topic === topics.fraudDetectorDeadLetters.name) return originalOffset(record);
      return isPlanted(record) ? undefined : nameOf(record, "changedBy");
    },
    isPrompt: true,
  }),
  new CausalWatch({
    group: "notifier",
    input: topics.alerts.name,
    outputs: [topics.notifications.name, topics.notifierDeadLetters.name],
    namesOf: (record) => (isPlanted(record) ? [] : outcomesOf(record, channels)),
    causeOf: (topic, record) =>
      topic === topics.notifierDeadLetters.name ? originalOffset(record) : nameOf(record, "id"),
    isPrompt: false,
  }),
];
