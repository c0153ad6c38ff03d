// What may stand for a value on a command line: how it is read, and what a person is told of it.
//
//   CV1. What is no number, not whole where it must be, or out of bounds is refused and never NaN: a campaign with the seed
//        NaN has a plan that nobody can have again.
//   CV2. Empty text is no number, though JavaScript takes it for 0.

import { nearestName } from "@riffle/contracts";

/** One value. */
export interface Value<T> {
  /** Stands for it in the usage, `<whole number>` or `<short|long>`; empty: it takes no text, and being there is all. */
  readonly shape: string;
  /** What it is for, as a line of the help. */
  readonly says: string;
  /** What holds without it. Not there: the value must be given. */
  readonly standard?: T;
  /** @throws RangeError saying what is wrong with the text */
  read(text: string): T;
}

/** Bounds of a number, inclusive. */
export interface Bounds {
  /** @default 0 */
  readonly min?: number;
  /** @default none */
  readonly max?: number;
}

const numeric =
  (kind: string, isOne: (found: number) => boolean) =>
  <S extends number | undefined>(says: string, standard: S, bounds: Bounds = {}): Value<number | S> => ({
    shape: `<${kind}>`,
    says,
    standard,
    read: (text) => {
      const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
      const found = text.trim() === "" ? Number.NaN : Number(text);
      if (!isOne(found)) throw new RangeError(`"${text}" is not a ${kind}`);
      if (found < min) throw new RangeError(`${text} is less than ${min}`);
      if (found > max) throw new RangeError(`${text} is more than ${max}`);
      return found;
    },
  });

/** A number with a fraction or without, or what stands for it. */
export const number = numeric("number", Number.isFinite);

/** An integer, or what stands for it. */
export const wholeNumber = numeric("whole number", Number.isSafeInteger);

/** Any text but none, or what stands for it. */
export const text = <S extends string | undefined>(says: string, standard: S): Value<string | S> => ({
  shape: "<name>",
  says,
  standard,
  read: (given) => {
    if (given === "") throw new RangeError("it is empty");
    return given;
  },
});

/** One of a few words, or what stands for it. */
export const choice = <const W extends string, S extends W | undefined>(
  says: string,
  words: readonly W[],
  standard: S,
): Value<W | S> => ({
  shape: `<${words.join("|")}>`,
  says,
  standard,
  read: (text) => oneOf(words, text),
});

/** One of a few words, which must be there. */
export const needed = <const W extends string>(says: string, words: readonly W[]): Value<W> => ({
  shape: `<${words.join("|")}>`,
  says,
  read: (text) => oneOf(words, text),
});

/** Is there or not. */
export const flag = (says: string): Value<boolean> => ({
  shape: "",
  says,
  standard: false,
  read: () => true,
});

const oneOf = <W extends string>(words: readonly W[], text: string): W => {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new RangeError(noSuchWord(words, text));
  return found;
};

const quoted = (word: string): string => (word.includes(" ") ? `"${word}"` : word);

/** That a word is none of these, and which was probably meant, or which there are. */
export const noSuchWord = (words: readonly string[], text: string): string => {
  const meant = nearestName(text, words);
  return `there is no "${text}"; ${meant === undefined ? `there are ${words.map(quoted).join(", ")}` : `did you mean ${meant}?`}`;
};
