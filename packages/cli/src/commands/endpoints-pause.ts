// `riffle endpoints pause` and `riffle endpoints resume`: whether an endpoint is delivered to.

import { type NotifierCommand, nearestName, topics } from "@riffle/contracts";
import { type Call, type Command, jsonDocumentOption, kafkaOptions } from "../command.ts";
import { CliError } from "../errors.ts";
import { sendCommands, toEveryPartition } from "../notifications/command-sender.ts";
import { NotifierLog } from "../notifications/notifier-log.ts";
import { textOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable } from "../terminal/printable.ts";

export const endpointsPause: Command = {
  name: "endpoints pause",
  summary: "hold an endpoint's deliveries back",
  operands: "<name>",
  about: [
    "Has the notifier begin no attempt at this endpoint; alerts for it are owed until it is resumed. What is under way",
    "comes to its end. It outlasts restarts of the notifier.",
  ],
  options: {
    reason: { value: "<text>", help: "shown by endpoints list" },
    ...jsonDocumentOption,
    ...kafkaOptions,
  },
  examples: ["endpoints pause webhook", 'endpoints pause webhook --reason "receiver is moved"'],
  run: (call) =>
    send(call, (channel) => ({ kind: "pause", channel, reason: reasonOf(call) }), "will be held back"),
};

export const endpointsResume: Command = {
  name: "endpoints resume",
  summary: "deliver to an endpoint again",
  operands: "<name>",
  about: [
    "Has the notifier deliver again to an endpoint that is paused or disabled. What was held back is delivered now; what was",
    "dead-lettered meanwhile is not: see notifications redeliver.",
  ],
  options: { ...jsonDocumentOption, ...kafkaOptions },
  examples: ["endpoints resume webhook"],
  run: (call) => send(call, (channel) => ({ kind: "resume", channel }), "will go on"),
};

const reasonOf = (call: Call): string => {
  const reason = textOption(call, "reason") ?? "by an operator";
  if (/^[^\p{Cc}]{1,200}$/u.test(reason)) return reason;
  throw new CliError("CLI_USAGE", "--reason must be one line of at most 200 characters.");
};

const send = async (
  call: Call,
  commandOf: (channel: string) => NotifierCommand,
  effect: string,
): Promise<number> => {
  const { terminal, operands } = call;
  const [name] = operands;
  if (name === undefined || operands.length > 1)
    throw new CliError("CLI_USAGE", "Give the name of one endpoint; `riffle endpoints list` has them.");
  const kafka = findBrokers(call);
  const log = await NotifierLog.connect(kafka);
  try {
    log.check(topics.notifierCommands);
    const endpoints = await log.endpoints();
    checkKnown(name, [...new Set(endpoints.map(({ channel }) => channel))]);
    const partitions = await log.partitionCount(topics.notifierCommands);
    await sendCommands(kafka, toEveryPartition(commandOf(name), partitions));
  } finally {
    await log.close();
  }
  const { kind } = commandOf(name);
  if (call.options["json"] === true) terminal.out(jsonText({ endpoint: name, command: kind }));
  else terminal.out(`Deliveries to ${name} ${effect}; \`riffle endpoints list\` shows it.`);
  return 0;
};

const checkKnown = (name: string, known: readonly string[]): void => {
  if (known.includes(name)) return;
  const meant = nearestName(name, known);
  const there = known.length === 0 ? "no notifier has run on this cluster" : `there are ${known.join(", ")}`;
  const hint = meant === undefined ? there : `did you mean ${meant}?`;
  throw new CliError("CLI_ENDPOINT_UNKNOWN", `There is no endpoint "${printable(name)}"; ${hint}.`);
};
