// Numbers and times as people read them. Pure, the same on every machine; no value is hidden by rounding to zero.

/** `1,234,567`. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A rate per second: `0`, `0.4`, `12.5`, `1,240`. What is there at all is never shown as 0. */
export function formatRate(perSecond: number): string {
  if (perSecond <= 0) return "0";
  if (perSecond < 0.1) return "<0.1";
  if (perSecond < 100) return trimZero(perSecond.toFixed(1));
  return formatCount(perSecond);
}

/** A length of time: `0 ms`, `4 ms`, `1.25 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? "-" : "";
  return sign + positiveDuration(Math.abs(ms));
}

function positiveDuration(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms < 1) return "<1 ms";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${trimZero((ms / 1_000).toFixed(2))} s`;
  if (ms < 60_000) return `${trimZero((ms / 1_000).toFixed(1))} s`;
  const units = [
    [86_400, "d", 3_600, "h"],
    [3_600, "h", 60, "min"],
    [60, "min", 1, "s"],
  ] as const;
  const seconds = Math.round(ms / 1_000);
  const [size, name, smaller, smallerName] = units.find(([least]) => seconds >= least) ?? units[2];
  const rest = Math.floor((seconds % size) / smaller);
  return `${Math.floor(seconds / size)} ${name}${rest === 0 ? "" : ` ${rest} ${smallerName}`}`;
}

/** How long ago: `now`, `12 s ago`, `3 min ago`, `in 5 s`. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const gone = nowMs - thenMs;
  if (Math.abs(gone) < 1_000) return "now";
  const whole = Math.abs(gone) < 60_000 ? Math.floor(Math.abs(gone) / 1_000) * 1_000 : Math.abs(gone);
  const [first = "", unit = ""] = formatDuration(whole).split(" ");
  return gone > 0 ? `${first} ${unit} ago` : `in ${first} ${unit}`;
}

/** `14:03:05.120` of the machine's own time zone; `offsetMinutes` is what `Date.getTimezoneOffset` says. */
export function formatClock(ms: number, offsetMinutes: number): string {
  return new Date(ms - offsetMinutes * 60_000).toISOString().slice(11, 23);
}

/** `2026-03-01 14:03:05`, likewise. */
export function formatDay(ms: number, offsetMinutes: number): string {
  return new Date(ms - offsetMinutes * 60_000).toISOString().slice(0, 19).replace("T", " ");
}

/** `a…z` of an id that is longer than `most` characters: both ends tell ids apart. */
export function shorten(id: string, most = 18): string {
  const kept = most - 1;
  return id.length <= most ? id : `${id.slice(0, Math.ceil(kept / 2))}…${id.slice(-Math.floor(kept / 2))}`;
}

/** `1 alert`, `2 alerts`, `2 replicas`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** The argument of a shell, in single quotes where it needs them. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function trimZero(text: string): string {
  return text.replace(/\.?0+$/, "");
}
