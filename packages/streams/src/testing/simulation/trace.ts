// What happened last in a run, for whoever has to find out why it failed.

/** Lines with their virtual time, oldest first. */
export type Trace = { readonly at: number; readonly line: string }[];

const linesShown = 120;

/** The last lines, times in seconds of the run's clock. */
export const formatTrace = (trace: Trace): string =>
  trace
    .slice(-linesShown)
    .map(({ at, line }) => `  ${((at - 1_700_000_000_000) / 1000).toFixed(4)} ${line}`)
    .join("\n");
