// The dead letters of a cluster, as they lie in its topics, and the marks of those that were sent again.
//
//   D1. What is read is committed, and read to the end that the log had when the reading began.

import { allTopics, topics } from "@riffle/contracts";
import type { RawRecord } from "@riffle/streams";
import { CommittedReader, connectAdmin, type LogRange, type WireOptions } from "@riffle/streams/kafka";
import { CliError } from "../errors.ts";
import { printable } from "../terminal/printable.ts";
import { type DeadLetter, readDeadLetter } from "./dead-letter.ts";
import { Marks } from "./marks.ts";
import { type Place, placeText, serviceOf } from "./place.ts";
import { restored } from "./restored-letter.ts";

const marksTopic = topics.deadLettersRedriven.name;

/** The dead-letter topics of the pipeline. */
export const pipelineDeadLetterTopics: readonly string[] = allTopics
  .map(({ name }) => name)
  .filter((name) => serviceOf(name) !== undefined);

/** Reads dead letters. */
export class DeadLetterLog {
  readonly #reader: CommittedReader;
  readonly #note: (line: string) => void;
  readonly #known: ReadonlySet<string>;

  private constructor(reader: CommittedReader, known: ReadonlySet<string>, note: (line: string) => void) {
    this.#reader = reader;
    this.#known = known;
    this.#note = note;
  }

  /** @throws StreamsError when the cluster is unreachable */
  static async connect(options: WireOptions, note: (line: string) => void): Promise<DeadLetterLog> {
    const admin = await connectAdmin(options);
    let known: ReadonlySet<string>;
    try {
      known = new Set(await admin.listTopics());
    } finally {
      await admin.close();
    }
    const reader = await CommittedReader.connect({ ...options, topics: [] });
    return new DeadLetterLog(reader, known, note);
  }

  /** The pipeline's dead-letter topics that are there. */
  get topics(): string[] {
    return pipelineDeadLetterTopics.filter((name) => this.#known.has(name));
  }

  /** @throws CliError CLI_TOPIC_UNKNOWN unless it is a dead-letter topic of this cluster */
  check(topic: string): void {
    if (serviceOf(topic) === undefined) {
      const message = `${printable(topic)} is no dead-letter topic; their names end in .dlq.v1, as ${pipelineDeadLetterTopics[0]} does.`;
      throw new CliError("CLI_TOPIC_UNKNOWN", message);
    }
    if (!this.#known.has(topic)) {
      const there = this.topics.length === 0 ? "none" : this.topics.join(", ");
      throw new CliError(
        "CLI_TOPIC_UNKNOWN",
        `${topic} does not exist in this cluster. Of the pipeline's are there: ${there}.`,
      );
    }
  }

  /** How many partitions a topic has; 0 when it does not exist. */
  async partitionCount(topic: string): Promise<number> {
    if (!this.#known.has(topic)) return 0;
    await this.#reader.load([topic]);
    return this.#reader.partitionCount(topic);
  }

  /** Calls `visit` with every dead letter of the topic, partition after partition, in the order of their offsets. */
  async each(
    topic: string,
    visit: (letter: DeadLetter) => void,
    partitions?: ReadonlySet<number>,
  ): Promise<void> {
    for (const range of await this.#ranges(topic)) {
      if (range.start === range.end || partitions?.has(range.partition) === false) continue;
      await this.#read(range, range.start, Number.POSITIVE_INFINITY, visit);
    }
  }

  /** The dead letter at the place. @throws CliError CLI_DEAD_LETTER_MISSING */
  async at(place: Place): Promise<DeadLetter> {
    const range = (await this.#ranges(place.topic))[place.partition];
    if (range === undefined) throw missing(place, "the topic has no such partition");
    const { start, end } = range;
    if (place.offset >= end) throw missing(place, `the partition ends before offset ${end}`);
    if (place.offset < start)
      throw missing(place, `the partition begins at offset ${start}; what was before is deleted`);
    let found: DeadLetter | undefined;
    await this.#read(range, place.offset, place.offset + 1, (letter) => {
      if (letter.place.offset === place.offset) found = letter;
    });
    if (found === undefined)
      throw missing(place, "that offset holds the end of a transaction, or a record of one that was aborted");
    return found;
  }

  /** The dead letter with what was left out of it, where something was. @returns why that cannot be had, where it cannot */
  async whole(letter: DeadLetter): Promise<DeadLetter | string> {
    const { omitted, original } = letter;
    if (omitted === undefined) return letter;
    return restored(letter, omitted, original === undefined ? undefined : await this.#recordAt(original));
  }

  async #recordAt({ topic, partition, offset }: Place): Promise<RawRecord | undefined> {
    if (partition >= (await this.partitionCount(topic))) return undefined;
    const range = (await this.#ranges(topic))[partition];
    if (range === undefined || offset < range.start || offset >= range.end) return undefined;
    let found: RawRecord | undefined;
    await this.#reader.read(
      range,
      (record) => {
        if (record.offset === offset) found = record;
      },
      { fromOffset: offset, toOffset: offset + 1, onStall: () => this.#note(stalled(range)) },
    );
    return found;
  }

  /**
   * What was sent again, as far as it is decided: without the topic of marks there are none, and what a redrive that runs
   * or was killed has not committed is not waited for.
   */
  async marksSoFar(): Promise<Marks> {
    const marks = new Marks();
    if (!this.#known.has(marksTopic)) return marks;
    await this.#readMarks(marks, (range) => {
      throw new UndecidedError(range);
    });
    return marks;
  }

  /** Everything that was sent again. @throws StreamsError STREAMS_TOPIC_MISSING when the topic of marks is not there */
  async marks(): Promise<Marks> {
    const marks = new Marks();
    await this.#readMarks(marks, (range) => this.#note(stalled(range)));
    return marks;
  }

  async #readMarks(marks: Marks, onStall: (range: LogRange) => void): Promise<void> {
    for (const range of await this.#ranges(marksTopic)) {
      if (range.start === range.end) continue;
      try {
        await this.#reader.read(range, (record) => marks.add(record), { onStall: () => onStall(range) });
      } catch (error) {
        if (!(error instanceof UndecidedError)) throw error;
        this.#note(
          "A redrive is under way, or was killed and is about to be undone: what it has not committed counts as not sent.",
        );
      }
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async #ranges(topic: string): Promise<LogRange[]> {
    await this.#reader.load([topic]);
    return this.#reader.ranges(topic);
  }

  async #read(
    range: LogRange,
    fromOffset: number,
    toOffset: number,
    visit: (letter: DeadLetter) => void,
  ): Promise<void> {
    const { topic, partition } = range;
    await this.#reader.read(range, (record) => visit(readDeadLetter(topic, partition, record)), {
      fromOffset,
      toOffset,
      onStall: () => this.#note(stalled(range)),
    });
  }
}

/** Ends a reading at a transaction that is open. */
class UndecidedError extends Error {
  constructor({ topic, partition }: LogRange) {
    super(`${topic}/${partition} has an open transaction.`);
  }
}

const stalled = ({ topic, partition }: LogRange): string =>
  `${topic}/${partition}: waiting for a transaction to end; its writer commits it, or the broker aborts it after its time-out.`;

const missing = (place: Place, why: string): CliError =>
  new CliError("CLI_DEAD_LETTER_MISSING", `There is no dead letter ${placeText(place)}: ${why}.`);
