// Where a process writes for its operator: standard error, and, for a service that shares its process with others, the file
// descriptor that it was given in RIFFLE_LOG_FD (all threads of a process have one standard error).

import { writeSync } from "node:fs";

const standardError = 2;

/** The file descriptor of this service's log. */
export function logDescriptor(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const given = Number(env["RIFFLE_LOG_FD"] ?? "");
  return Number.isInteger(given) && given > standardError ? given : standardError;
}

/** Writes at once: what is said before an exit is not lost. */
export function writeError(text: string): void {
  writeSync(logDescriptor(), text);
}
