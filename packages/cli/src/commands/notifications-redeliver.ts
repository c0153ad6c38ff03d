// `riffle notifications redeliver`: has dead-lettered alerts delivered again.
//
//   R1. A redelivery has a number, one more than the last on record, and the notifier takes each number once. So the same
//       command, given again before the outcome is told, has no further effect.

import { type Alert, notificationId } from "@riffle/contracts";
import { type Call, type Command, jsonDocumentOption, kafkaOptions } from "../command.ts";
import { CliError } from "../errors.ts";
import { type AddressedCommand, sendCommands } from "../notifications/command-sender.ts";
import { deadLettered } from "../notifications/dead-lettered.ts";
import { NotifierLog, type RecordedNotification } from "../notifications/notifier-log.ts";
import { countOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";
import { counted } from "../terminal/table.ts";
import { criteriaOf, criteriaOptions, notificationLines } from "./notifications-list.ts";

const limitDefault = 10_000;
const rowsMax = 20;

export const notificationsRedeliver: Command = {
  name: "notifications redeliver",
  summary: "have dead-lettered alerts delivered again",
  operands: "[<notification id> …]",
  about: [
    "Asks the notifier to deliver alerts again that are dead-lettered, under their old ids and sequences, with a whole new",
    "schedule of attempts. Asked again before that has come to its outcome, it has no further effect. A disabled endpoint",
    "must be resumed first, see endpoints resume.",
  ],
  options: {
    all: { help: "all dead-lettered ones; with --channel, --reason and --since only some of them" },
    ...criteriaOptions,
    limit: {
      value: "<n>",
      help: `at most so many in one run; default ${limitDefault.toLocaleString("en-US")}`,
    },
    "dry-run": { help: "say what would be delivered again, and ask for nothing" },
    yes: { help: "do not ask" },
    ...jsonDocumentOption,
    ...kafkaOptions,
  },
  examples: [
    "notifications redeliver nt_0123456789abcdef0123456789abcdef",
    "notifications redeliver --all --channel webhook --dry-run",
    "notifications redeliver --all --reason endpoint-disabled --yes",
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal, options } = call;
  const limit = countOption(call, "limit", limitDefault);
  checkUsage(call);
  const kafka = findBrokers(call);
  const log = await NotifierLog.connect(kafka);
  try {
    const wanted = await wantedOf(call, log, limit);
    const commands = await commandsFor(log, wanted);
    const gone = wanted.length - commands.length;
    for (const line of notificationLines(wanted.slice(0, rowsMax))) terminal.note(line);
    if (wanted.length > rowsMax) terminal.note(`… and ${counted(wanted.length - rowsMax, "more")}`);
    if (gone > 0)
      terminal.note(`The alerts of ${gone} are no longer in their topic: they cannot be delivered again.`);
    if (options["dry-run"] === true) {
      terminal.note("Nothing was asked for (--dry-run).");
      return 0;
    }
    if (commands.length > 0 && !(await isConfirmed(call, commands.length))) {
      terminal.note("Nothing was asked for.");
      return 1;
    }
    if (commands.length > 0) await sendCommands(kafka, commands);
    if (options["json"] === true) terminal.out(jsonText({ asked: commands.length, gone }));
    else terminal.out(`${counted(commands.length, "notification")} will be delivered again.`);
    return gone === 0 ? 0 : 1;
  } finally {
    await log.close();
  }
}

/** @throws CliError CLI_USAGE when it is not clear what is meant */
const checkUsage = ({ operands, options }: Call): void => {
  const narrowed = Object.keys(criteriaOptions).some((name) => options[name] !== undefined);
  if (operands.length > 0 && (options["all"] === true || narrowed))
    throw new CliError("CLI_USAGE", "Name ids, or --all with --channel, --reason or --since; not both.");
  if (operands.length === 0 && options["all"] !== true)
    throw new CliError("CLI_USAGE", "Name what to deliver again: ids, or --all.");
  const wrong = operands.find((id) => !/^nt_[0-9a-f]{32}$/.test(id));
  if (wrong !== undefined) {
    const message = `"${printable(wrong)}" is no notification's id; one is nt_ and 32 hexadecimal digits.`;
    throw new CliError("CLI_USAGE", message);
  }
};

/** @throws CliError CLI_NOTHING_MATCHES, CLI_NOTIFICATION_UNKNOWN */
const wantedOf = async (call: Call, log: NotifierLog, limit: number): Promise<RecordedNotification[]> => {
  const found = await deadLettered(log, criteriaOf(call));
  const { operands } = call;
  if (operands.length === 0) {
    if (found.size === 0)
      throw new CliError("CLI_NOTHING_MATCHES", "No dead-lettered notification matches; nothing was sent.");
    return [...found.values()].toSorted((a, b) => a.timestampMs - b.timestampMs).slice(0, limit);
  }
  return operands.map((id) => {
    const recorded = found.get(id);
    if (recorded === undefined)
      throw new CliError("CLI_NOTIFICATION_UNKNOWN", `${id} is not dead-lettered; nothing was sent.`);
    return recorded;
  });
};

/** Commands for those whose alert is still there, each with its alert. */
const commandsFor = async (
  log: NotifierLog,
  wanted: readonly RecordedNotification[],
): Promise<AddressedCommand[]> => {
  const byAlert = Map.groupBy(wanted, ({ notification }) => notification.alertId);
  const commands = new Map<string, AddressedCommand>();
  await log.eachAlert((alert) => {
    for (const { notification } of byAlert.get(alert.id) ?? []) {
      if (idOf(alert, notification.channel) !== notification.id) continue;
      const { id, channel, sequence = 1, redelivery = 0 } = notification;
      const command = { channel, notificationId: id, sequence, redelivery: redelivery + 1, alert };
      commands.set(id, { key: alert.accountId, command: { kind: "redeliver", ...command } });
    }
  });
  return wanted.flatMap(({ notification }) => commands.get(notification.id) ?? []);
};

const idOf = ({ id: alertId, status: alertStatus, changedBy }: Alert, channel: string): string =>
  notificationId({ alertId, alertStatus, changedBy, channel });

/** @throws CliError CLI_CONFIRMATION_REQUIRED */
const isConfirmed = async ({ options, terminal }: Call, count: number): Promise<boolean> => {
  if (options["yes"] === true) return true;
  const answer = await terminal.ask(`Deliver ${counted(count, "notification")} again? [y/N] `);
  if (answer === undefined) {
    const message =
      "Delivering again needs a yes, and there is no terminal to ask on. Add --yes, or --dry-run.";
    throw new CliError("CLI_CONFIRMATION_REQUIRED", message);
  }
  return /^y(es)?$/i.test(answer.trim());
};
