// `riffle notifications list`: what the notifier could not deliver.

import { deadLetterReasons } from "@riffle/contracts";
import { type Call, type Command, jsonOption, kafkaOptions, limitDefault, limitOption } from "../command.ts";
import { CliError } from "../errors.ts";
import { deadLettered, lastAnswer, type NotificationCriteria } from "../notifications/dead-lettered.ts";
import { NotifierLog, type RecordedNotification } from "../notifications/notifier-log.ts";
import { countOption, sinceOption, textOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable, printableTime } from "../terminal/printable.ts";
import { counted, tableLines } from "../terminal/table.ts";

/** Options that say which notifications are meant. */
export const criteriaOptions = {
  channel: { value: "<name>", help: "only those of this endpoint" },
  reason: { value: "<reason>", help: `only this reason, such as ${deadLetterReasons[0]}` },
  since: { value: "<time>", help: "only alerts of event times from this one on" },
} as const;

/** @throws CliError CLI_USAGE */
export const criteriaOf = (call: Call): NotificationCriteria => {
  const reason = textOption(call, "reason");
  if (reason !== undefined && !(deadLetterReasons as readonly string[]).includes(reason)) {
    const message = `--reason is "${printable(reason)}"; there are ${deadLetterReasons.join(", ")}.`;
    throw new CliError("CLI_USAGE", message);
  }
  return { channel: textOption(call, "channel"), reason, sinceMs: sinceOption(call, "since", Date.now()) };
};

export const notificationsList: Command = {
  name: "notifications list",
  summary: "alerts that an endpoint was not told of",
  about: [
    "Lists the notifications whose last outcome is dead-lettered, the oldest event time first, each with what its last",
    "attempt was answered. One that was delivered again since is not among them.",
  ],
  options: {
    ...criteriaOptions,
    ...limitOption,
    ...jsonOption,
    ...kafkaOptions,
  },
  examples: [
    "notifications list",
    "notifications list --channel webhook --reason attempts-exhausted",
    "notifications list --since 2026-03-01 --json",
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal } = call;
  const [criteria, limit] = [criteriaOf(call), countOption(call, "limit", limitDefault)];
  const log = await NotifierLog.connect(findBrokers(call));
  try {
    const found = await deadLettered(log, criteria);
    const listed = [...found.values()].toSorted((a, b) => a.timestampMs - b.timestampMs).slice(-limit);
    if (call.options["json"] === true) {
      for (const { notification } of listed) terminal.out(jsonText(notification));
    } else if (listed.length === 0) terminal.out("No dead-lettered notifications.");
    else {
      for (const line of notificationLines(listed)) terminal.out(line);
      terminal.out("");
      terminal.out(`${counted(found.size, "dead-lettered notification")}.`);
    }
    if (listed.length < found.size)
      terminal.note(`Shown are the ${listed.length} with the newest event times; --limit shows more.`);
    return 0;
  } finally {
    await log.close();
  }
}

/** A table of notifications. */
export const notificationLines = (recorded: readonly RecordedNotification[]): string[] =>
  tableLines(
    ["NOTIFICATION", "CHANNEL", "ACCOUNT", "ALERT", "EVENT TIME", "REASON", "ATTEMPTS", "LAST ANSWER"],
    recorded.map(({ notification, timestampMs }) => [
      notification.id,
      notification.channel,
      printable(notification.accountId),
      `${notification.alertId} ${notification.alertStatus}`,
      printableTime(timestampMs),
      notification.reason ?? "-",
      String(notification.attempts.length),
      printable(lastAnswer(notification)),
    ]),
  );
