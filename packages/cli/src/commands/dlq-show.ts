// `riffle dlq show`: one dead letter, and why its record cannot be read.
//
//   S1. The value is shown only when it is asked for: dead letters are as sensitive as the input.

import { type Call, type Command, jsonDocumentOption, kafkaOptions } from "../command.ts";
import type { DeadLetter } from "../dead-letters/dead-letter.ts";
import { DeadLetterLog } from "../dead-letters/dead-letter-log.ts";
import { bytesJson, type Listed, listedJson, recordText } from "../dead-letters/listing.ts";
import { parsePlace, placeText } from "../dead-letters/place.ts";
import { judge, type Verdict } from "../dead-letters/verdict.ts";
import { CliError } from "../errors.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { hexRows, printable, printableBytes, printableTime, textOf } from "../terminal/printable.ts";
import { pairLines } from "../terminal/table.ts";

export const dlqShow: Command = {
  name: "dlq show",
  summary: "one dead letter, and why it cannot be read",
  operands: "<topic>/<partition>/<offset>",
  about: [
    "Shows where the record came from, the error it had then, and what the codec of its topic says of it now.",
    "The value is shown only with --value: dead letters are as sensitive as what was sent in.",
    "One that was too large to be kept here is read from where the record stands, if it still does.",
  ],
  options: {
    value: { help: "show the value too: as text, or as hexadecimal where it is no UTF-8" },
    ...jsonDocumentOption,
    ...kafkaOptions,
  },
  examples: ["dlq show filter.dlq.v1/3/17", "dlq show filter.dlq.v1/3/17 --value"],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal, operands } = call;
  if (operands.length !== 1)
    throw new CliError("CLI_USAGE", "`riffle dlq show` takes one place, such as filter.dlq.v1/3/17.");
  const place = parsePlace(operands[0] ?? "");
  const log = await DeadLetterLog.connect(findBrokers(call), (line) => terminal.note(line));
  try {
    log.check(place.topic);
    const kept = await log.at(place);
    const found = await log.whole(kept);
    const letter = typeof found === "string" ? kept : { ...found, omitted: kept.omitted };
    const sentAtMs = (await log.marksSoFar()).sentAtMs(letter);
    const withValue = call.options["value"] === true;
    const verdict: Verdict = typeof found === "string" ? { kind: "incomplete", why: found } : judge(letter);
    const lines =
      call.options["json"] === true
        ? [jsonText(shownJson({ letter, sentAtMs }, verdict, withValue))]
        : shownLines({ letter, sentAtMs }, verdict, withValue);
    for (const line of lines) terminal.out(line);
    return 0;
  } finally {
    await log.close();
  }
}

const shownLines = ({ letter, sentAtMs }: Listed, verdict: Verdict, withValue: boolean): string[] => [
  ...pairLines([
    ["dead letter", placeText(letter.place)],
    ["record", recordText(letter)],
    ["key", printableBytes(letter.record.key)],
    ["event time", printableTime(letter.record.timestampMs)],
    ["value", valueText(letter, withValue)],
    ["sent again", sentText(letter, sentAtMs)],
    ["error then", thenText(letter)],
    ["", printable(letter.exception.message ?? "")],
    ...verdictPairs(verdict),
  ]),
  "",
  "headers",
  ...pairLines(
    letter.record.headers.map(([name, value]) => [printable(name), printableBytes(value)]),
    "  ",
  ),
  ...(withValue && letter.record.value !== null ? ["", "value", ...valueLines(letter.record.value)] : []),
];

const valueText = ({ record, omitted, isRestored }: DeadLetter, withValue: boolean): string => {
  if (omitted !== undefined && !isRestored)
    return `${omitted.valueBytes ?? 0} bytes that are not here; sha256 ${printable(omitted.valueSha256)}`;
  if (omitted !== undefined && record.value !== null)
    return `${record.value.length} bytes, read from the record itself${withValue ? "" : "; --value shows them"}`;
  if (record.value === null) return "none (a tombstone)";
  return `${record.value.length} bytes${withValue ? "" : "; --value shows them"}`;
};

const sentText = ({ redriveCount }: DeadLetter, sentAtMs: number | undefined): string => {
  const before = redriveCount === 0 ? "" : `; the record went round ${redriveCount} times before`;
  return (sentAtMs === undefined ? "no" : printableTime(sentAtMs)) + before;
};

const thenText = ({ reasonCode, exception }: DeadLetter): string =>
  printable(reasonCode) + (exception.name === undefined ? "" : ` (${printable(exception.name)})`);

const verdictPairs = (verdict: Verdict): [string, string][] => {
  if (verdict.kind === "unknown-topic")
    return [["error now", "unknown: this build has no codec for that topic"]];
  if (verdict.kind === "incomplete") return [["error now", `unknown: ${verdict.why}`]];
  if (verdict.kind === "readable") {
    const why = "its handler failed, or its reader has been corrected since";
    return [["error now", `none: it can be read as ${verdict.schema}, so ${why}`]];
  }
  return [
    [
      "error now",
      verdict.field === undefined ? verdict.code : `${verdict.code} at ${printable(verdict.field)}`,
    ],
    ["", printable(verdict.message)],
    ...(verdict.remedy === undefined ? [] : ([["", verdict.remedy]] as [string, string][])),
  ];
};

const valueLines = (value: Uint8Array): string[] => {
  const text = textOf(value);
  return text === undefined ? hexRows(value) : text.split("\n").map(printable);
};

const shownJson = (listed: Listed, verdict: Verdict, withValue: boolean): Record<string, unknown> => {
  const { letter } = listed;
  return {
    ...listedJson(listed),
    errorThen: { code: letter.reasonCode, ...letter.exception },
    errorNow: verdict,
    headers: letter.record.headers.map(([name, value]) => ({ name, ...bytesJson("value", value) })),
    omitted: letter.omitted?.parts ?? null,
    valueBytes: letter.record.value?.length ?? letter.omitted?.valueBytes ?? null,
    ...(withValue ? bytesJson("value", letter.record.value) : {}),
  };
};
