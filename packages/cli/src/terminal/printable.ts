// Bytes and texts of records as a terminal may show them.
//
//   P1. Nothing of a record reaches the terminal as a control character: what a stranger sent must not move the cursor,
//       change the title or hide a line.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Control characters, invisible format characters (direction among them), lone surrogates, line separators. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
const bytesInRow = 16;

/** The text with everything that does not print written as `\u{…}`. */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** The text of bytes that are UTF-8; undefined when they are not. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
};

/** Bytes on one line: text where they are UTF-8, else `0x` and hexadecimal digits; `-` for null. */
export const printableBytes = (bytes: Uint8Array | null): string => {
  if (bytes === null) return "-";
  const text = textOf(bytes);
  return text === undefined ? `0x${Buffer.from(bytes).toString("hex")}` : printable(text);
};

/** Bytes as rows of `offset  hex  characters`. */
export const hexRows = (bytes: Uint8Array): string[] => {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += bytesInRow) {
    const row = [...bytes.subarray(at, at + bytesInRow)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const characters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
    rows.push(
      `${at.toString(16).padStart(8, "0")}  ${hex.padEnd(bytesInRow * 3 - 1)}  ${characters.join("")}`,
    );
  }
  return rows;
};

/** An instant as ISO 8601; the number itself where it is none that a calendar has. */
export const printableTime = (epochMs: number): string => {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
};
