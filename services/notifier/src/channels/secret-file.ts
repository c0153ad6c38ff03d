// Secrets of endpoints: each in a file of its own, named in the subscriptions, read once at start.

import { readFileSync } from "node:fs";
import type { EndpointCheck } from "./endpoint-fault.ts";

/**
 * The text of a secret's file, white space around it removed; empty, and a fault noted, when there is none.
 *
 * @param problemOf what is wrong with a text; its answer must not repeat the text
 */
export const readSecretFile = (
  path: string,
  pointer: string,
  check: EndpointCheck,
  problemOf: (text: string) => string | undefined = () => undefined,
): string => {
  const text = readTrimmed(path, pointer, check);
  if (text === undefined) return "";
  check.note(pointer, text === "" ? `the file ${path} is empty` : prefixed(path, problemOf(text)));
  return text;
};

const prefixed = (path: string, problem: string | undefined): string | undefined =>
  problem === undefined ? undefined : `the text in the file ${path} ${problem}`;

const readTrimmed = (path: string, pointer: string, check: EndpointCheck): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    check.note(pointer, `the file ${path} cannot be read (${code})`);
    return undefined;
  }
};
