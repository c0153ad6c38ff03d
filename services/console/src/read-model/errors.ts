// What keeps the read model from going on, each with a code: in the log, in /readyz, in GET /v1/status and on every page.

/** What one code means and what a reader of the log should do about it. */
export interface ReadModelErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

/** Every code. `docs/errors.md` is made from it. */
export const readModelErrors = {
  CONSOLE_DISK_FULL: {
    meaning:
      "The disk of DATA_DIR is full. The read model stands still with what it has, loses nothing, and tries again every 5 s.",
    remedy:
      "Make room, or a larger volume: it goes on by itself. A smaller RETENTION_HOURS needs less; with no room at all stop the console, remove read-model.sqlite and the files beside it of that name, and start it: it is built again from what is within that time.",
  },
  CONSOLE_NOT_FOLLOWING: {
    meaning:
      "The read model cannot read its topics now; it begins again from its stored offsets, every 5 s at the latest.",
    remedy: "The message beside it, and the log, say what failed: most often the brokers cannot be reached.",
  },
} as const satisfies Record<string, ReadModelErrorEntry>;

/** A stable code of {@link readModelErrors}. */
export type ReadModelErrorCode = keyof typeof readModelErrors;

/** Nothing can be written because there is no room. What was to be written was not, as a whole. */
export class DiskFullError extends Error {
  override readonly name = "DiskFullError";
  /** Stable; one of {@link readModelErrors}. */
  readonly code: ReadModelErrorCode = "CONSOLE_DISK_FULL";

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `Writing the read model: there is no room on the disk of DATA_DIR (SQLite: ${reason}). Make room; nothing is lost, and it goes on by itself.`,
      { cause },
    );
  }
}

/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: the index of the write-ahead log could not grow. https://sqlite.org/rescode.html */
const noRoomCodes: readonly unknown[] = [13, 4_874];

/** The error itself, or a {@link DiskFullError} where SQLite found no room. */
export const storageError = (error: unknown): unknown =>
  error instanceof Error && "errcode" in error && noRoomCodes.includes(error.errcode)
    ? new DiskFullError(error)
    : error;
