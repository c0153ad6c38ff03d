// JSON as a terminal may show it.
//
//   JT1. What a stranger sent is no control character in `--json` either (printable.ts, P1). JSON itself escapes those below
//        U+0020 alone: a terminal takes U+009B for the beginning of a command as well, and U+202E turns a line around.
//   JT2. A program reads the same value: what is escaped stands inside strings, where `\u009b` is the character.

const unprintable = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");

/** The value on one line. */
export const jsonText = (value: unknown): string => JSON.stringify(value).replace(unprintable, escaped);
