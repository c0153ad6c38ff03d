// `riffle cases verify`: whether the history of every case is whole, by its hashes.
//
//   CV1. It asks neither the console nor its database: it reads the log itself, or a file that was made of it.
//   CV2. The exit code is 0 only when there was something to prove and all of it holds.
//   CV3. What cannot be proven is said: without a snapshot nothing tells that the newest events of a case were cut off.

import { type ChainFault, type LogReport, verifyLog } from "@riffle/cases";
import type { CaseEvent, CaseSnapshot } from "@riffle/contracts";
import { casesInFile, casesInKafka, type ReadCases } from "../cases/case-log.ts";
import { type Call, type Command, jsonDocumentOption, kafkaOptions } from "../command.ts";
import { CliError } from "../errors.ts";
import { textOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";
import { ProgressBar } from "../terminal/progress-bar.ts";
import { counted } from "../terminal/table.ts";

export const casesVerify: Command = {
  name: "cases verify",
  summary: "proves offline that no event of any case was changed, removed or re-ordered",
  operands: "[<case id>]",
  about: [
    "Reads cases.events.v1 from its start, folds every case again and checks the chain of hashes, then holds the snapshots",
    "of cases.snapshots.v1 against it. With --file it reads no Kafka, but what was written by",
    "  riffle tail cases --until-now --json --reveal",
    "A file has no snapshots, so events cut off at the end of a case are not missed there; the answer says so.",
    "The events of all cases are held in memory. Ends with 1 when anything is wrong, and when there is no event.",
  ],
  options: {
    file: { value: "<path>", help: "one event a line, instead of Kafka" },
    ...jsonDocumentOption,
    ...kafkaOptions,
  },
  examples: ["cases verify", "cases verify --file cases.ndjson --json"],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal, operands } = call;
  const [id, ...others] = operands;
  if (others.length > 0) throw new CliError("CLI_USAGE", "`riffle cases verify` takes at most one case id.");
  const read = await readCases(call);
  const isMeant = (caseId: string): boolean => id === undefined || caseId === id;
  const events = read.events.filter(({ caseId }) => isMeant(caseId));
  const snapshots = read.snapshots.filter((snapshot) => isMeant(snapshot.id));
  const report = verifyLog({ events, snapshots });
  const casesWithoutSnapshot = endsUnproven(events, snapshots);
  const holds = report.events > 0 && report.faults.length === 0 && read.unreadable.length === 0;
  if (call.options["json"] === true) {
    terminal.out(jsonText({ holds, ...report, casesWithoutSnapshot, unreadable: read.unreadable }));
    return holds ? 0 : 1;
  }
  for (const line of [...read.unreadable.map(unreadableLine), ...report.faults.map(faultLine)])
    terminal.out(line);
  terminal.out(summaryOf(report, holds));
  if (report.events > 0 && casesWithoutSnapshot > 0) terminal.out(unprovenLine(casesWithoutSnapshot));
  return holds ? 0 : 1;
}

const summaryOf = ({ cases, events, snapshots }: LogReport, holds: boolean): string => {
  if (events === 0) return "There is no event to prove.";
  const what = `${counted(events, "event")} of ${counted(cases, "case")}, ${counted(snapshots, "snapshot")}`;
  return holds ? `${what}: every chain holds.` : `${what}: not whole, see above.`;
};

/** How many cases have no snapshot to hold against their last events (CV3). */
const endsUnproven = (events: readonly CaseEvent[], snapshots: readonly CaseSnapshot[]): number => {
  const ids = new Set(events.map(({ caseId }) => caseId));
  for (const { id } of snapshots) ids.delete(id);
  return ids.size;
};

const unprovenLine = (cases: number): string =>
  `Not proven: that no event was cut off at the end of ${counted(cases, "case")} without a snapshot. Without --file the snapshots in Kafka are read too.`;

const readCases = async (call: Call): Promise<ReadCases> => {
  const { terminal } = call;
  const file = textOption(call, "file");
  if (file !== undefined) return casesInFile(file);
  const bar = new ProgressBar(terminal, "reading cases");
  try {
    return await casesInKafka(
      findBrokers(call),
      (done, of) => bar.update(done, of),
      (topic, partition) => terminal.note(`${topic}/${partition}: waiting for a transaction to end.`),
    );
  } finally {
    bar.end();
  }
};

const unreadableLine = (where: string): string => `${where}: there is no case event that this build reads.`;

const faultLine = ({ kind, message }: ChainFault): string => `${kind}: ${printable(message)}`;
