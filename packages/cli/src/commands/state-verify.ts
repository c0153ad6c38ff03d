// `riffle state verify`: whether the copies of state on this machine's disk are what the changelogs say.
//
//   V1. Nothing of the copy or the cluster is changed, and the service may be running.
//   V2. No key and no value is printed: a key is named by the beginning of its SHA-256.
//   V3. The exit code is 0 only when something was compared and nothing differs.

import { doubts } from "@riffle/streams";
import { type VerifiedCopy, verifyCopies } from "@riffle/streams/kafka";
import { type Call, type Command, jsonOption, kafkaOptions } from "../command.ts";
import { CliError } from "../errors.ts";
import { countOption, textOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";
import { ProgressBar } from "../terminal/progress-bar.ts";
import { counted, tableLines } from "../terminal/table.ts";

const limitDefault = 20;

export const stateVerify: Command = {
  name: "state verify",
  summary: "compares the state on this disk with the changelogs, byte for byte",
  operands: "<service>",
  about: [
    "Reads the copies that a service keeps below STATE_DIR, and its changelogs from their start, and compares every key: the",
    "copy with what follows it, and the changelog alone. The service may be running; nothing is changed.",
    "Keys are shown as the beginning of their SHA-256. Ends with 0 when all are equal, with 1 when one is not, when a",
    "restart would not use the copy, and when there is none.",
  ],
  options: {
    dir: { value: "<folder>", help: "the service's STATE_DIR; default that variable" },
    partition: { value: "<n>", help: "only this partition" },
    store: { value: "<name>", help: "only this store" },
    limit: { value: "<n>", help: `at most so many differences are listed; default ${limitDefault}` },
    ...jsonOption,
    ...kafkaOptions,
  },
  examples: [
    "state verify aggregator --dir /var/lib/riffle",
    "state verify aggregator --partition 3 --store hopping-windows --json",
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal, operands } = call;
  const [service, ...others] = operands;
  if (service === undefined || others.length > 0)
    throw new CliError("CLI_USAGE", "`riffle state verify` takes one service, such as aggregator.");
  const stateDir = textOption(call, "dir") ?? call.env["STATE_DIR"];
  if (stateDir === undefined || stateDir === "")
    throw new CliError(
      "CLI_USAGE",
      "`riffle state verify` needs --dir, or STATE_DIR: the service's state folder.",
    );
  const [partition, store] = [partitionOption(call), textOption(call, "store")];
  const limit = countOption(call, "limit", limitDefault);
  const found: VerifiedCopy[] = [];
  const bar = new ProgressBar(terminal, "partitions compared");
  bar.update(0);
  for await (const copy of verifyCopies({
    ...findBrokers(call),
    stateDir,
    service,
    ...(partition === undefined ? {} : { partition }),
    ...(store === undefined ? {} : { store }),
    onStall: () => terminal.note("An open transaction holds the reading up."),
  })) {
    found.push(copy);
    bar.update(found.length);
    if (call.options["json"] === true) for (const line of jsonLines(copy)) terminal.out(line);
  }
  bar.end();
  if (call.options["json"] !== true) for (const line of reportLines(found, limit)) terminal.out(line);
  const compared = found.flatMap(({ stores }) => stores);
  if (compared.length === 0) terminal.note(`Nothing of ${printable(service)} was compared.`);
  const isEqual =
    compared.length > 0 &&
    found.every(({ doubt }) => doubt === undefined) &&
    compared.every(({ differences }) => differences.length === 0);
  return isEqual ? 0 : 1;
}

/** @throws CliError CLI_USAGE */
const partitionOption = (call: Call): number | undefined => {
  const text = textOption(call, "partition");
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CliError("CLI_USAGE", `--partition is "${printable(text)}"; give a whole number from 0 on.`);
};

const jsonLines = ({ partition, doubt, stores }: VerifiedCopy): string[] =>
  doubt === undefined ? stores.map((of) => jsonText({ partition, ...of })) : [jsonText({ partition, doubt })];

const reportLines = (found: readonly VerifiedCopy[], limit: number): string[] => {
  const rows = found.flatMap(({ partition, stores }) =>
    stores.map((of) => [
      of.store,
      partition,
      of.onDisk,
      of.recordsAfter,
      of.inChangelog,
      of.equal,
      of.differences.length,
    ]),
  );
  const header = ["STORE", "PARTITION", "ON DISK", "RECORDS SINCE", "IN CHANGELOG", "EQUAL", "DIFFERENT"];
  const doubted = found.flatMap(({ partition, doubt }) =>
    doubt === undefined ? [] : [`Partition ${partition} was not compared, ${doubt}: ${doubts[doubt]}.`],
  );
  const different = found.flatMap(({ partition, stores }) =>
    stores.flatMap(({ store, differences }) =>
      differences.map(({ kind, keyHash }) => `${store}/${partition} key ${keyHash}: ${kindText[kind]}`),
    ),
  );
  const left = different.length - limit;
  return [
    ...(rows.length === 0
      ? []
      : tableLines(
          header,
          rows.map((row) => row.map(String)),
        )),
    ...doubted,
    ...different.slice(0, limit),
    ...(left > 0 ? [`… and ${counted(left, "difference")} more; --limit shows them.`] : []),
  ];
};

const kindText = {
  differs: "its bytes differ",
  "only-on-disk": "it is on the disk, and the changelog has no such key",
  "only-in-changelog": "it is in the changelog, and the disk has no such key",
} as const;
