// `riffle tail`: what comes by on a topic, filtered.
//
//   TL1. Account ids are masked unless --reveal is given, and values of dead letters are never shown.
//   TL2. What was not shown is counted: records that cannot be read, or that lack what the expression asks for. Those that
//        cannot be read are told as they come by: who follows waits for no end.

import { headerNames } from "@riffle/contracts";
import { AccountMask } from "@riffle/service-kit/process";
import type { RawRecord } from "@riffle/streams";
import { connectAdmin, type WireOptions } from "@riffle/streams/kafka";
import { type Call, type Command, jsonOption, kafkaOptions, revealOption } from "../command.ts";
import { lastHeader } from "../dead-letters/dead-letter.ts";
import { CliError } from "../errors.ts";
import { countOption, oneOf, sinceOption, textOption } from "../option-values.ts";
import { Expression, type Fields } from "../tail/expression.ts";
import { committedRecords, type Piece } from "../tail/record-source.ts";
import { Skipped } from "../tail/skipped.ts";
import { type Tailed, tailed, tailedNames } from "../tail/tailed.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printableBytes, printableTime, textOf } from "../terminal/printable.ts";
import { counted } from "../terminal/table.ts";

const recordFields: Fields = {
  key: "string",
  topic: "string",
  partition: "int",
  offset: "int",
  timestamp: "google.protobuf.Timestamp",
  headers: "map<string, string>",
};

export const tail: Command = {
  name: "tail",
  summary: "what comes by on a topic, filtered by an expression",
  operands: tailedNames.join("|"),
  operandChoices: tailedNames,
  about: [
    "Follows what is committed, from now on, or from --since on. --where takes a condition in CEL over the fields of the",
    "value, which are also in `value`, and over key, topic, partition, offset, timestamp (the event time) and headers:",
    '  amount > 50000 && currency == "EUR"       timestamp > timestamp("2026-03-01T12:00:00Z")',
    '  evidence.exists(e, e.country == "BR")     has(value.country) && !(country in ["DE", "AT"])',
    "Amounts are in minor units. A field that a record does not have makes no match; has() asks whether it is there.",
    "Account ids are masked; values of dead letters are not shown (see dlq show).",
  ],
  options: {
    where: { value: "<expression>", help: "only records that fit" },
    since: {
      value: "<ago|time>",
      help: "event times from then on: 5m, 2h, 2026-03-01T12:00:00Z, 1970-01-01",
    },
    follow: { help: "go on until Ctrl-C; the default" },
    "until-now": { help: "end at what is there now, partition after partition" },
    limit: { value: "<n>", help: "end after so many" },
    every: { value: "<k>", help: "show one of k that fit" },
    ...revealOption,
    ...jsonOption,
    ...kafkaOptions,
  },
  examples: [
    "tail alerts",
    "tail received --since 5m --until-now --json",
    "tail screened --where amount>50000 --every 10 --limit 20",
  ],
  run,
};

/** What a run has shown and passed over. */
interface Counts {
  fitting: number;
  shown: number;
  /** Records that cannot be read. */
  readonly skipped: Skipped;
  unknown: number;
  readonly mask: AccountMask;
}

async function run(call: Call): Promise<number> {
  const { terminal, options } = call;
  const plan = planOf(call);
  const kafka = findBrokers(call);
  const names = await existing(plan.what, kafka);
  const skipped = new Skipped();
  const counts: Counts = { fitting: 0, shown: 0, skipped, unknown: 0, mask: new AccountMask() };
  const untilNow = options["until-now"] === true;
  const source = committedRecords({
    kafka,
    topics: names,
    from: plan.sinceMs === undefined ? (untilNow ? "start" : "end") : { fromMs: plan.sinceMs },
    untilNow,
    interrupted: terminal.interrupted(),
    onStall: (topic, partition) =>
      terminal.note(
        `${topic}/${partition}: waiting for a transaction to end; riffle doctor says whose it is.`,
      ),
  });
  for await (const piece of source) {
    for (const record of piece.records) {
      if (counts.shown >= plan.limit) break;
      const line = shown(call, plan, piece, record, counts);
      if (line !== undefined) terminal.out(line);
    }
    for (const line of skipped.lines()) terminal.note(line);
    if (counts.shown >= plan.limit) break;
    await terminal.drained();
  }
  for (const line of passedOver(counts)) terminal.note(line);
  return 0;
}

interface Plan {
  readonly what: Tailed;
  readonly where: Expression | undefined;
  readonly sinceMs: number | undefined;
  readonly limit: number;
  readonly every: number;
}

/** @throws CliError CLI_USAGE, CLI_EXPRESSION_INVALID */
const planOf = (call: Call): Plan => {
  const { operands, options } = call;
  const [word, ...others] = operands;
  if (word === undefined || others.length > 0)
    throw new CliError("CLI_USAGE", `\`riffle tail\` takes one of ${tailedNames.join(", ")}.`);
  if (options["follow"] === true && options["until-now"] === true)
    throw new CliError("CLI_USAGE", "--follow and --until-now contradict each other; give one.");
  const what: Tailed = tailed[oneOf(word, "What is to be followed", tailedNames)];
  const where = textOption(call, "where");
  const fields: Fields = { ...recordFields, ...what.fields, value: what.fields };
  return {
    what,
    where: where === undefined ? undefined : Expression.compile(where, fields),
    sinceMs: sinceOption(call, "since", Date.now()),
    limit: countOption(call, "limit", Number.POSITIVE_INFINITY),
    every: countOption(call, "every", 1),
  };
};

/** Those of the topics that the cluster has. @throws CliError CLI_TOPIC_UNKNOWN when it has none */
const existing = async (what: Tailed, kafka: WireOptions): Promise<string[]> => {
  const admin = await connectAdmin(kafka);
  try {
    const known = new Set(await admin.listTopics());
    const found = what.topics.filter((name) => known.has(name));
    if (found.length > 0) return found;
    const message = `${what.topics.join(", ")} does not exist in this cluster; \`riffle topics\` lists what is missing.`;
    throw new CliError("CLI_TOPIC_UNKNOWN", message);
  } finally {
    await admin.close();
  }
};

/** The line of a record, or undefined when it is not to be shown. */
const shown = (
  call: Call,
  plan: Plan,
  piece: Piece,
  record: RawRecord,
  counts: Counts,
): string | undefined => {
  const { what, where, sinceMs, every } = plan;
  if (sinceMs !== undefined && record.timestampMs < sinceMs) return undefined;
  let value: unknown;
  try {
    // A tombstone says that what was there is gone; there is nothing of it to show.
    if (record.value === null && what !== tailed.dlq) return undefined;
    value = what.decode(piece.topic, piece.partition, record);
  } catch {
    counts.skipped.add(piece, record.offset);
    return undefined;
  }
  const verdict = where?.judge(contextOf(what, piece, record, value)) ?? "yes";
  if (verdict === "unknown") counts.unknown++;
  if (verdict !== "yes" || counts.fitting++ % every !== 0) return undefined;
  counts.shown++;
  const key = record.key === null ? null : printableBytes(record.key);
  const seen = call.options["reveal"] === true ? { key, value } : masked(counts.mask, { key, value });
  return call.options["json"] === true
    ? jsonLine(piece, record, seen)
    : textLine(call, what, piece, record, seen.value);
};

/** What is shown of a record's content. */
interface Seen {
  readonly key: string | null;
  readonly value: unknown;
}

/** A key that no field of the value explains is an account all the same: that of a dead letter. */
const masked = (mask: AccountMask, seen: Seen): Seen => mask.masked(seen) as Seen;

const contextOf = (
  what: Tailed,
  { topic, partition }: Piece,
  { key, offset, timestampMs, headers }: RawRecord,
  value: unknown,
): Record<string, unknown> => {
  const fields = what.forExpression(value);
  return {
    key: textOf(key ?? new Uint8Array()) ?? "",
    topic,
    partition: BigInt(partition),
    offset: BigInt(offset),
    timestamp: new Date(timestampMs),
    headers: Object.fromEntries(headers.map(([name]) => [name, lastHeader(headers, name) ?? ""])),
    ...(fields as object),
    value: fields,
  };
};

const jsonLine = ({ topic, partition }: Piece, record: RawRecord, { key, value }: Seen): string =>
  jsonText({
    topic,
    partition,
    offset: record.offset,
    key,
    eventTime: printableTime(record.timestampMs),
    receivedAt: numberHeader(record, headerNames.receivedAt),
    value,
  });

const numberHeader = ({ headers }: RawRecord, name: string): number | null => {
  const text = lastHeader(headers, name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
};

const textLine = (
  { terminal }: Call,
  what: Tailed,
  { partition }: Piece,
  { offset, timestampMs }: RawRecord,
  value: unknown,
): string => {
  const parts = what.line(value).map((part) => (typeof part === "string" ? part : terminal.paint(...part)));
  const place = terminal.paint("dim", `${printableTime(timestampMs)}  ${partition}@${offset}`);
  return [place, ...parts].join("  ");
};

const passedOver = ({ fitting, shown: showed, skipped, unknown }: Counts): string[] => [
  ...(unknown === 0
    ? []
    : [
        `${counted(unknown, "record")} without a field that --where asks for: not shown. has() asks whether it is there.`,
      ]),
  ...(skipped.total === 0
    ? []
    : [`${counted(skipped.total, "record")} that no codec of this build reads: not shown.`]),
  ...(fitting > showed ? [`${counted(fitting - showed, "more")} that fitted: not shown (--every).`] : []),
];
