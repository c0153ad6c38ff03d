// Dead letters as rows of a table and as JSON. Values are never part of it.

import { printable, printableBytes, printableTime, textOf } from "../terminal/printable.ts";
import { tableLines } from "../terminal/table.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { placeText } from "./place.ts";

/** A dead letter and when it was sent again, if it was. */
export interface Listed {
  readonly letter: DeadLetter;
  /** Epoch milliseconds. */
  readonly sentAtMs: number | undefined;
}

const header = ["DEAD LETTER", "RECORD", "REASON", "KEY", "EVENT TIME", "ROUND", "REDRIVEN"];
const keyLengthMax = 64;

/** Lines of the table of dead letters. */
export const listingLines = (listed: readonly Listed[]): string[] =>
  tableLines(
    header,
    listed.map(({ letter, sentAtMs }) => [
      placeText(letter.place),
      recordText(letter),
      printable(letter.reasonCode),
      shortened(printableBytes(letter.record.key)),
      printableTime(letter.record.timestampMs),
      String(letter.redriveCount),
      sentAtMs === undefined ? "no" : printableTime(sentAtMs),
    ]),
  );

/** The place of the record that the dead letter was made of. */
export const recordText = ({ original }: DeadLetter): string =>
  original === undefined ? "unknown" : printable(placeText(original));

const shortened = (text: string): string =>
  text.length <= keyLengthMax ? text : `${text.slice(0, keyLengthMax - 1)}…`;

/** A dead letter as JSON, without its value. */
export const listedJson = ({ letter, sentAtMs }: Listed): Record<string, unknown> => ({
  deadLetter: placeText(letter.place),
  record: letter.original === undefined ? null : placeText(letter.original),
  reason: letter.reasonCode,
  ...bytesJson("key", letter.record.key),
  eventTime: printableTime(letter.record.timestampMs),
  redriveCount: letter.redriveCount,
  redrivenAt: sentAtMs === undefined ? null : printableTime(sentAtMs),
});

/** Bytes as `name` where they are text, else as `nameBase64`. */
export const bytesJson = (name: string, bytes: Uint8Array | null): Record<string, string | null> => {
  if (bytes === null) return { [name]: null };
  const text = textOf(bytes);
  return text === undefined ? { [`${name}Base64`]: Buffer.from(bytes).toString("base64") } : { [name]: text };
};
