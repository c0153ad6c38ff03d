// The events of cases as they lie in their topic, or in a file that was made of it.

import { createReadStream } from "node:fs";
import { type CaseEvent, type CaseSnapshot, headerNames, topics } from "@riffle/contracts";
import { CommittedReader, connectAdmin, type LogRange, type WireOptions } from "@riffle/streams/kafka";
import { lastHeader } from "../dead-letters/dead-letter.ts";
import { CliError } from "../errors.ts";
import { membersOf } from "../http/json-reading.ts";
import { linesIn } from "../send/line-batches.ts";
import { printable } from "../terminal/printable.ts";

/** What was read. */
export interface ReadCases {
  readonly events: readonly CaseEvent[];
  readonly snapshots: readonly CaseSnapshot[];
  /** Where something lies that is no event: a place in the topic, or a line of the file. */
  readonly unreadable: readonly string[];
}

const { casesEvents, casesSnapshots } = topics;

/**
 * Everything committed, partition after partition. Where the snapshots end is asked first: an event that came meanwhile is no
 * harm, and one that is missing under a snapshot that came meanwhile would be a false alarm.
 *
 * @throws CliError CLI_TOPIC_UNKNOWN
 */
export const casesInKafka = async (
  kafka: WireOptions,
  onProgress: (done: number, of: number) => void,
  onStall: (topic: string, partition: number) => void,
): Promise<ReadCases> => {
  const known = await existingTopics(kafka);
  if (!known.has(casesEvents.name))
    throw new CliError(
      "CLI_TOPIC_UNKNOWN",
      `${casesEvents.name} does not exist in this cluster; is it the right one?`,
    );
  const names = [casesSnapshots.name, casesEvents.name].filter((name) => known.has(name));
  const reader = await CommittedReader.connect({ ...kafka, topics: names });
  const [events, snapshots, unreadable]: [CaseEvent[], Map<string, CaseSnapshot>, string[]] = [
    [],
    new Map(),
    [],
  ];
  try {
    const ranges: LogRange[] = [];
    for (const name of names) ranges.push(...(await reader.ranges(name)));
    const of = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    let done = 0;
    for (const range of ranges) {
      const { topic, partition, start, end } = range;
      if (start === end) continue;
      const before = done;
      await reader.read(
        range,
        ({ offset, key, value, headers }) => {
          onProgress(before + offset - start, of);
          const schema = lastHeader(headers, headerNames.schema);
          const id = Buffer.from(key ?? []).toString();
          try {
            if (topic === casesEvents.name) events.push(casesEvents.codec.decode(value, schema));
            else if (value === null) snapshots.delete(id);
            else snapshots.set(id, casesSnapshots.codec.decode(value, schema));
          } catch {
            unreadable.push(`${topic}/${partition}/${offset}`);
          }
        },
        { onStall: () => onStall(topic, partition) },
      );
      done = before + end - start;
    }
    onProgress(of, of);
  } finally {
    await reader.close();
  }
  return { events, snapshots: [...snapshots.values()], unreadable };
};

const existingTopics = async (kafka: WireOptions): Promise<ReadonlySet<string>> => {
  const admin = await connectAdmin(kafka);
  try {
    return new Set(await admin.listTopics());
  } finally {
    await admin.close();
  }
};

/** A file of one event a line, or of lines of `riffle tail cases --json --reveal`. @throws CliError CLI_INPUT_UNREADABLE */
export const casesInFile = async (file: string): Promise<ReadCases> => {
  const [events, unreadable]: [CaseEvent[], string[]] = [[], []];
  try {
    for await (const { line, bytes } of linesIn(createReadStream(file))) {
      try {
        events.push(eventIn(Buffer.from(bytes).toString("utf8")));
      } catch {
        unreadable.push(`line ${line}`);
      }
    }
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new CliError(
      "CLI_INPUT_UNREADABLE",
      `${printable(file)} could not be read: ${printable(reason)}.`,
      { cause },
    );
  }
  return { events, snapshots: [], unreadable };
};

const eventIn = (text: string): CaseEvent => {
  const parsed: unknown = JSON.parse(text);
  const value = membersOf(parsed)["value"] ?? parsed;
  return casesEvents.codec.decode(Buffer.from(JSON.stringify(value)), casesEvents.codec.schema);
};
