// A transaction from flags. What is wrong with it is ingest's to say.

import { randomUUID } from "node:crypto";
import { formatEventTime, transactionChannels, transactionTypes } from "@riffle/contracts";
import type { Call, OptionSpec } from "../command.ts";
import { CliError } from "../errors.ts";
import { choiceOption, textOption } from "../option-values.ts";
import { printable } from "../terminal/printable.ts";

/** The flags of one transaction, those that name its fields. */
export const transactionOptions = {
  account: { value: "<id>", help: "one transaction from flags: its account" },
  amount: { value: "<minor units>", help: "1250 is 12.50 EUR" },
  currency: { value: "<code>", help: "default EUR" },
  id: { value: "<id>", help: "default a new one" },
  "occurred-at": { value: "<time>", help: "RFC 3339; default now" },
  type: { value: "<type>", help: "default purchase", choices: transactionTypes },
  channel: { value: "<channel>", help: "such as online", choices: transactionChannels },
  country: { value: "<code>", help: "such as DE" },
  merchant: { value: "<id>", help: "the merchant's id" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Whether any of them was given. */
export const hasTransactionOptions = ({ options }: Call): boolean =>
  Object.keys(transactionOptions).some((name) => options[name] !== undefined);

/** The transaction as JSON. @throws CliError CLI_USAGE */
export const transactionOf = (call: Call, nowMs: number): Record<string, unknown> => {
  const [accountId, amount] = [textOption(call, "account"), textOption(call, "amount")];
  if (accountId === undefined || amount === undefined)
    throw new CliError("CLI_USAGE", "A transaction from flags needs --account and --amount.");
  if (!/^[1-9]\d{0,15}$/.test(amount))
    throw new CliError(
      "CLI_USAGE",
      `--amount is "${printable(amount)}"; give whole minor units, such as 1250 for 12.50 EUR.`,
    );
  const optional = {
    type: choiceOption(call, "type", transactionTypes),
    channel: choiceOption(call, "channel", transactionChannels),
    country: textOption(call, "country"),
    merchantId: textOption(call, "merchant"),
  };
  return {
    id: textOption(call, "id") ?? `tx-${randomUUID()}`,
    accountId,
    amount: Number(amount),
    currency: textOption(call, "currency") ?? "EUR",
    occurredAt: textOption(call, "occurred-at") ?? formatEventTime(nowMs),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
};
