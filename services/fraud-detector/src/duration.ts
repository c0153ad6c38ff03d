// Durations for people.

const sameMoment = "at the same moment";

/**
 * A duration in the two largest units it has: `2 min 10 s`, `45 s`, `1 h 5 min`, `93 d 4 h`. What is smaller is cut
 * off; below a second it is told in milliseconds: `800 ms`.
 *
 * @param durationMs whole milliseconds, at least 0
 */
export const formatDuration = (durationMs: number): string => {
  if (durationMs < 1_000) return `${durationMs} ms`;
  const seconds = Math.floor(durationMs / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const from = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(from, from + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
};

/**
 * How far apart the events of a sentence are: `within 2 min 10 s`. Clients that tell time in whole seconds send many at one
 * instant: those are `at the same moment`, here and below, and not "within 0 ms".
 */
export const formatWithin = (durationMs: number): string =>
  durationMs === 0 ? sameMoment : `within ${formatDuration(durationMs)}`;

/** That one comes so much later: `40 min later`. */
export const formatLater = (durationMs: number): string =>
  durationMs === 0 ? sameMoment : `${formatDuration(durationMs)} later`;

/** The same before what it comes after: `6 h after`, `at the same moment as`. */
export const formatAfter = (durationMs: number): string =>
  durationMs === 0 ? `${sameMoment} as` : `${formatDuration(durationMs)} after`;
