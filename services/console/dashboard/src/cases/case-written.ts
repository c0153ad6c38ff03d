// A case as it was read, with the change that this page has just made. Pure.
//
// The answer to a command is the truth before the read model shows it: without this, the next command would name a version
// that is gone.

import type { CaseChange, CaseDetail } from "../api/wire.ts";

/** The newer of the two. The event is added when it follows what was read; the rest comes with the next reading. */
export function withWritten(
  read: CaseDetail | undefined,
  written: CaseChange | undefined,
): CaseDetail | undefined {
  if (read === undefined || written === undefined) return read;
  if (written.case.id !== read.case.id || written.case.version <= read.case.version) return read;
  const { event } = written;
  const follows = event !== null && event.version === (read.events.at(-1)?.version ?? 0) + 1;
  return { ...read, case: written.case, events: follows ? [...read.events, event] : read.events };
}
