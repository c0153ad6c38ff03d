// What an option's text means: a count, an instant, one of some words.

import { nearestName, parseEventTime } from "@riffle/contracts";
import type { Call } from "./command.ts";
import { CliError } from "./errors.ts";
import { printable } from "./terminal/printable.ts";

/** An option's text, if it was given. */
export const textOption = ({ options }: Call, name: string): string | undefined => {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
};

/** An option that is a whole number from 1 on. @throws CliError CLI_USAGE */
export const countOption = (call: Call, name: string, otherwise: number): number => {
  const text = textOption(call, name);
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new CliError("CLI_USAGE", `--${name} is "${printable(text)}"; give a whole number from 1 on.`);
  return Number(text);
};

/** An option that is an instant, in epoch milliseconds. @throws CliError CLI_USAGE */
export const timeOption = (call: Call, name: string): number | undefined => {
  const text = textOption(call, name);
  if (text === undefined) return undefined;
  try {
    return parseEventTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  } catch (cause) {
    const found = `--${name} is "${printable(text)}"`;
    const message = `${found}; give a day such as 2026-03-01 or a time with offset such as 2026-03-01T12:00:00Z.`;
    throw new CliError("CLI_USAGE", message, { cause });
  }
};

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The same, or how long ago: `30s`, `5m`, `2h`, `7d`. @param nowMs epoch milliseconds @throws CliError CLI_USAGE */
export const sinceOption = (call: Call, name: string, nowMs: number): number | undefined => {
  const text = textOption(call, name);
  const { count, unit } = /^(?<count>[1-9]\d{0,6})(?<unit>[smhd])$/.exec(text ?? "")?.groups ?? {};
  if (count !== undefined && unit !== undefined)
    return Math.max(0, nowMs - Number(count) * (unitMs[unit] ?? 1));
  try {
    return timeOption(call, name);
  } catch (cause) {
    const message = `--${name} is "${printable(text ?? "")}"; give a day such as 2026-03-01, a time with offset such as 2026-03-01T12:00:00Z, or how long ago, such as 5m (s, m, h, d).`;
    throw new CliError("CLI_USAGE", message, { cause });
  }
};

/** A text that is one of some words. @param what how it is called in the message @throws CliError CLI_USAGE */
export const oneOf = <T extends string>(text: string, what: string, words: readonly T[]): T => {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const meant = nearestName(text, words);
  const hint = meant === undefined ? `there are ${words.join(", ")}` : `did you mean ${meant}?`;
  throw new CliError("CLI_USAGE", `${what} is "${printable(text)}"; ${hint}`);
};

/** An option that is one of its choices, if it was given. @throws CliError CLI_USAGE */
export const choiceOption = <T extends string>(
  call: Call,
  name: string,
  words: readonly T[],
): T | undefined => {
  const text = textOption(call, name);
  return text === undefined ? undefined : oneOf(text, `--${name}`, words);
};
