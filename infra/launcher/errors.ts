// What a person can correct. Its message is the whole of what the terminal shows: no stack.

import { LocalKafkaError } from "../kafka/errors.ts";

/** Thrown when the launcher cannot go on for a reason outside its code: a taken port, a service that does not start. */
export class LauncherError extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "LauncherError";
  }
}

/** What the terminal shows of an error: the message of one that a person can correct, the stack of a defect. */
export function explain(error: unknown): string {
  if (error instanceof LauncherError || error instanceof LocalKafkaError) {
    return error.message;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
