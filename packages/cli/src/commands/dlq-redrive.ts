// `riffle dlq redrive`: sends dead letters back to where they came from.

import { type Call, type Command, jsonDocumentOption, kafkaOptions } from "../command.ts";
import { DeadLetterLog } from "../dead-letters/dead-letter-log.ts";
import { listingLines } from "../dead-letters/listing.ts";
import { parsePlace, placeText } from "../dead-letters/place.ts";
import { type RedriveResult, redrive } from "../dead-letters/redrive.ts";
import { planRedrive, type RedrivePlan, type RedriveRequest } from "../dead-letters/redrive-plan.ts";
import { CliError } from "../errors.ts";
import { countOption, sinceOption, textOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";
import { ProgressBar } from "../terminal/progress-bar.ts";
import { counted } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

const limitDefault = 10_000;
const rowsMax = 20;

export const dlqRedrive: Command = {
  name: "dlq redrive",
  summary: "send dead letters back to where they came from, each once",
  operands: "[<topic>/<partition>/<offset> …]",
  about: [
    "Writes key, value and headers of each record unchanged to the topic and partition it came from, in the order it",
    "had there, for the service that could not process it; other readers of that topic pass it by.",
    "Each dead letter is sent once, however often this is run and wherever it is interrupted. A record that fails again",
    "becomes a new dead letter, which can be sent again.",
  ],
  options: {
    topic: { value: "<topic>", help: "all dead letters of this topic that were not sent yet" },
    reason: { value: "<code>", help: "with --topic: only this reason code" },
    since: { value: "<time>", help: "with --topic: only event times from this one on" },
    limit: {
      value: "<n>",
      help: `at most so many in one run; default ${limitDefault.toLocaleString("en-US")}`,
    },
    "dry-run": { help: "say what would be sent, and send nothing" },
    yes: { help: "do not ask" },
    ...jsonDocumentOption,
    ...kafkaOptions,
  },
  examples: [
    "dlq redrive filter.dlq.v1/3/17",
    "dlq redrive --topic filter.dlq.v1 --dry-run",
    "dlq redrive --topic filter.dlq.v1 --reason HANDLER_FAILED --yes",
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal } = call;
  const request = requestOf(call);
  const kafka = findBrokers(call);
  const log = await DeadLetterLog.connect(kafka, (line) => terminal.note(line));
  try {
    for (const topic of request.topics) log.check(topic);
    for (const place of request.criteria.places ?? []) await log.at(parsePlace(place));
    const plan = await planRedrive(log, request);
    failIfNothingMatches(plan);
    describePlan(plan, terminal);
    if (plan.letters.length === 0) return report(call, plan, { sent: 0, sentBefore: 0 });
    if (call.options["dry-run"] === true) {
      terminal.note("Nothing was sent (--dry-run).");
      return 0;
    }
    if (!(await isConfirmed(call, plan))) {
      terminal.note("Nothing was sent.");
      return 1;
    }
    const bar = new ProgressBar(terminal, "sending again");
    const result = await redrive({
      kafka,
      letters: plan.letters,
      readMarks: () => log.marks(),
      onProgress: (sent, of) => {
        if (terminal.isWatched) bar.update(sent, of);
        else if (sent < of)
          terminal.note(`${sent.toLocaleString("en-US")} of ${counted(of, "dead letter")} sent`);
      },
    }).finally(() => bar.end());
    return report(call, plan, result);
  } finally {
    await log.close();
  }
}

/** @throws CliError CLI_USAGE when it is not clear what is meant */
const requestOf = (call: Call): RedriveRequest => {
  const { operands } = call;
  const topic = textOption(call, "topic");
  const [reason, sinceMs] = [textOption(call, "reason"), sinceOption(call, "since", Date.now())];
  const limit = countOption(call, "limit", limitDefault);
  if (operands.length > 0) {
    if (topic !== undefined || reason !== undefined || sinceMs !== undefined)
      throw new CliError("CLI_USAGE", "Name places, or a --topic with --reason or --since; not both.");
    const places = operands.map(parsePlace);
    const criteria = { places: new Set(places.map(placeText)) };
    return { topics: [...new Set(places.map((place) => place.topic))], criteria, limit };
  }
  if (topic === undefined)
    throw new CliError(
      "CLI_USAGE",
      "Name what to send: places such as filter.dlq.v1/3/17, or --topic filter.dlq.v1.",
    );
  return { topics: [topic], criteria: { reason, sinceMs }, limit };
};

const failIfNothingMatches = ({ letters, sentBefore, notRedrivable }: RedrivePlan): void => {
  if (letters.length + sentBefore + notRedrivable.length === 0)
    throw new CliError("CLI_NOTHING_MATCHES", "No dead letter matches; nothing was sent.");
};

/** Says what will be done on the side where no program reads. */
const describePlan = (plan: RedrivePlan, { note }: Terminal): void => {
  const { letters, sentBefore, beyondLimit, notRedrivable, overtaken } = plan;
  if (letters.length > 0) {
    const listed = letters.slice(0, rowsMax).map((letter) => ({ letter, sentAtMs: undefined }));
    for (const line of listingLines(listed)) note(line);
    if (letters.length > rowsMax) note(`… and ${(letters.length - rowsMax).toLocaleString("en-US")} more`);
    note("");
  }
  if (sentBefore > 0)
    note(`${counted(sentBefore, "dead letter")} had been sent before, and will not be again.`);
  if (beyondLimit > 0)
    note(`${counted(beyondLimit, "dead letter")} beyond --limit stay for another run of the same command.`);
  for (const { letter, why } of notRedrivable.slice(0, rowsMax))
    note(`${placeText(letter.place)} cannot be sent: ${printable(why)}. (CLI_NOT_REDRIVABLE)`);
  if (notRedrivable.length > rowsMax)
    note(`… and ${counted(notRedrivable.length - rowsMax, "dead letter")} more cannot be sent.`);
  if (overtaken.length > 0) {
    const some = overtaken.slice(0, 3).join(", ") + (overtaken.length > 3 ? " …" : "");
    note(`An earlier record of the same account stays behind: ${some}. Send it too to keep their order.`);
  }
};

/** @throws CliError CLI_CONFIRMATION_REQUIRED */
const isConfirmed = async ({ options, terminal }: Call, { letters }: RedrivePlan): Promise<boolean> => {
  if (options["yes"] === true) return true;
  const these = letters.length === 1 ? "this dead letter" : `these ${counted(letters.length, "dead letter")}`;
  const answer = await terminal.ask(`Send ${these} again? [y/N] `);
  if (answer === undefined) {
    const message = `Sending ${these} again needs a yes, and there is no terminal to ask on. Add --yes, or --dry-run.`;
    throw new CliError("CLI_CONFIRMATION_REQUIRED", message);
  }
  return /^y(es)?$/i.test(answer.trim());
};

/** @returns 1 when something that was meant could not be sent */
const report = ({ options, terminal }: Call, plan: RedrivePlan, result: RedriveResult): number => {
  const sentBefore = plan.sentBefore + result.sentBefore;
  const notRedrivable = plan.notRedrivable.map(({ letter }) => placeText(letter.place));
  if (options["json"] === true) {
    const { beyondLimit } = plan;
    terminal.out(jsonText({ sent: result.sent, sentBefore, beyondLimit, notRedrivable }));
  } else {
    const before = sentBefore === 0 ? "" : `, ${sentBefore.toLocaleString("en-US")} had been sent before`;
    terminal.out(`${counted(result.sent, "dead letter")} sent again${before}.`);
  }
  return notRedrivable.length === 0 ? 0 : 1;
};
