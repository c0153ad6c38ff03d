// Places of records: `<topic>/<partition>/<offset>`.

import { CliError } from "../errors.ts";
import { printable } from "../terminal/printable.ts";

/** Where a record lies. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const written = /^(?<topic>[A-Za-z0-9._-]{1,249})\/(?<partition>\d{1,9})\/(?<offset>\d{1,15})$/;
const deadLetterTopic = /^(?<service>[A-Za-z0-9._-]+)\.dlq\.v[1-9]\d*$/;

/** `filter.dlq.v1/3/17`. */
export const placeText = ({ topic, partition, offset }: Place): string => `${topic}/${partition}/${offset}`;

/** The place of a dead letter that was typed. @throws CliError CLI_USAGE */
export const parsePlace = (text: string): Place => {
  const { topic, partition, offset } = written.exec(text)?.groups ?? {};
  if (topic === undefined) {
    const message = `"${printable(text)}" is no place of a dead letter; write it as filter.dlq.v1/3/17: topic, partition, offset.`;
    throw new CliError("CLI_USAGE", message);
  }
  return { topic, partition: Number(partition), offset: Number(offset) };
};

/** The service whose dead letters lie in the topic; undefined when the name is none of a dead-letter topic. */
export const serviceOf = (topic: string): string | undefined =>
  deadLetterTopic.exec(topic)?.groups?.["service"];

/** By topic, then partition, then offset. */
export const comparePlaces = (a: Place, b: Place): number =>
  (a.topic < b.topic ? -1 : Number(a.topic > b.topic)) || a.partition - b.partition || a.offset - b.offset;
