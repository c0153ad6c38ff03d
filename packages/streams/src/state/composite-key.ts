// Composite keys: how a window or a session of a key is one key of a key-value store, and so one changelog record.
//
//   K1. The suffix has a fixed width and is cut off from the end, so any key is unambiguous, one with an `@` in it too.
//   K2. It is readable: `acc_42@01800000000000000`, a zero and sixteen digits of epoch milliseconds.
//   K3. It keeps the order of times under comparison by code unit. Times before 1970 begin with `-` and count up.
//       (test/unit/state/composite-key.test.ts)

const digits = 16;
const timeWidth = 1 + digits;
const suffixWidth = 1 + timeWidth;

/** A time as text of fixed width (K2, K3). @param timeMs a safe integer */
export const timeText = (timeMs: number): string =>
  timeMs < 0
    ? `-${String(Number.MAX_SAFE_INTEGER + timeMs).padStart(digits, "0")}`
    : `0${String(timeMs).padStart(digits, "0")}`;

/** The time that {@link timeText} wrote; `undefined` for any other text. */
export const timeOf = (text: string): number | undefined => {
  if (!/^[-0]\d{16}$/.test(text)) return undefined;
  const number = Number(text.slice(1));
  if (!Number.isSafeInteger(number)) return undefined;
  return text.startsWith("-") ? number - Number.MAX_SAFE_INTEGER : number;
};

/** The key with a time behind it. */
export const timedKey = (key: string, timeMs: number): string => `${key}@${timeText(timeMs)}`;

/** A key and the time that was behind it. */
export interface TimedKey {
  readonly key: string;
  readonly timeMs: number;
}

/** The parts of a key that {@link timedKey} wrote; `undefined` for any other. */
export const partsOfTimedKey = (text: string): TimedKey | undefined => {
  const at = text.length - suffixWidth;
  if (at < 0 || text[at] !== "@") return undefined;
  const timeMs = timeOf(text.slice(at + 1));
  return timeMs === undefined ? undefined : { key: text.slice(0, at), timeMs };
};
