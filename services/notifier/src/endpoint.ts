// An endpoint: a channel by its name, which alerts it wants, and how it is treated.

import type { Alert } from "@riffle/contracts";
import type { Channel } from "./channels/channel.ts";

/** Where alerts go to. */
export interface Endpoint {
  readonly channel: Channel;
  /** Whether it subscribes to this alert. */
  readonly wants: (alert: Alert) => boolean;
  /** Most deliveries under way at once from this process, at least 1: what a crash may repeat. */
  readonly concurrencyMax: number;
  /** Waits between attempts, milliseconds. */
  readonly retryWaits: readonly number[];
}

/** Which alerts an endpoint wants: those that fit every list that is given. Without any, all. */
export interface AlertFilter {
  readonly rules?: readonly string[] | undefined;
  readonly severities?: readonly string[] | undefined;
  readonly statuses?: readonly string[] | undefined;
  readonly accountPrefixes?: readonly string[] | undefined;
}

/** The filter as a function. */
export const wantsOf = ({ rules, severities, statuses, accountPrefixes }: AlertFilter) => {
  const has = (list: readonly string[] | undefined, value: string): boolean => list?.includes(value) ?? true;
  return ({ rule, severity, status, accountId }: Alert): boolean =>
    has(rules, rule) &&
    has(severities, severity) &&
    has(statuses, status) &&
    (accountPrefixes?.some((prefix) => accountId.startsWith(prefix)) ?? true);
};

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** What a wait is written like: `500ms`, `5s`, `30m`, `2h`. */
export const waitPattern = "^[1-9][0-9]{0,6}(ms|s|m|h)$";

/** The waits of a schedule in milliseconds. Each matches {@link waitPattern}. */
export const waitsMs = (texts: readonly string[]): number[] =>
  texts.map((text) => {
    const [, count = "0", unit = "ms"] = /^(\d+)(\D+)$/.exec(text) ?? [];
    return Number(count) * (unitsMs[unit] ?? 1);
  });
