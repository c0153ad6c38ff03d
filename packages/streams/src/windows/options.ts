// What may be set of windows, and the faults of what is set, all at once.

import { StreamsConfigError } from "../errors.ts";

/** A duration as an operator was given it. */
export interface DurationOption {
  readonly name: string;
  readonly valueMs: number;
  readonly leastMs: number;
}

/** The faults of durations, in words: `windows.hopping: sizeMs is 0; give whole milliseconds of at least 1`. */
export const durationFaults = (where: string, options: readonly DurationOption[]): string[] =>
  options
    .filter(({ valueMs, leastMs }) => !Number.isSafeInteger(valueMs) || valueMs < leastMs)
    .map(
      ({ name, valueMs, leastMs }) =>
        `${where}: ${name} is ${valueMs}; give whole milliseconds of at least ${leastMs}`,
    );

/** @throws StreamsConfigError with all of them, when there are any */
export const refuseFaults = (faults: readonly string[]): void => {
  if (faults.length > 0) throw new StreamsConfigError(faults);
};
