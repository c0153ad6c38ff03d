// The record of who read which account: a row and a line of the log for every answer with account ids in full.
//
//   U1. The row is written before the answer is sent; what cannot be put on record is not shown, and is answered 503.
//   U2. A row has every id that was shown, however many there were.
//   U3. Rows go by their age alone, READS_AUDIT_DAYS: nothing that a reader does makes an older one go. Where readings come faster
//       than the disk has room, the disk is full, and nobody reads (U1).
//   U4. The line of the log has the reader, the route, how many accounts and the row's number, but no id: whoever reads the
//       logs is not thereby somebody who may see accounts.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Logger } from "@riffle/service-kit/process";
import type { ConsoleProblem } from "../problem.ts";
import type { Reader } from "./reader.ts";

const dayMs = 86_400_000;
/** How often rows are removed that are too old; as seldom as that, and they are few each time. */
const trimEveryMs = 3_600_000;
const idsOfPageMax = 10_000;

/** One reading. */
export interface ReadOnRecord {
  readonly id: number;
  /** RFC 3339. */
  readonly at: string;
  readonly name: string;
  readonly via: string;
  readonly role: string;
  /** The route as it is declared, `GET /v1/accounts/:id`. */
  readonly route: string;
  /** What was asked for. */
  readonly path: string;
  /** All that were shown; of rows of before these were kept, the first hundred. */
  readonly accountIds: readonly string[];
  /** How many accounts there were. */
  readonly accounts: number;
}

/** What is put on record of one reading. */
export interface Reading {
  readonly reader: Pick<Reader, "name" | "via" | "role">;
  readonly route: string;
  readonly path: string;
  readonly accountIds: ReadonlySet<string>;
}

/** A reading could not be put on record, and what was to be read is not shown (U1). */
export class NotOnRecordError extends Error {
  override readonly name = "NotOnRecordError";
  /** What the reader is answered. */
  readonly problem: ConsoleProblem = {
    code: "reading-not-on-record",
    detail:
      "Account ids are shown once it is on record who reads them, and the record cannot be written now. Its disk may be full; the log of the console has the reason.",
    headers: { "retry-after": "5" },
  };

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `Putting a reading of account ids on record in access.sqlite of DATA_DIR: ${reason}. Nothing is shown meanwhile; make room on its disk.`,
      { cause },
    );
  }
}

/** What the record is kept with. */
export interface ReadsAuditOptions {
  readonly log: Logger;
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
  /** How long a row is kept. */
  readonly days: number;
}

interface Row {
  readonly id: number;
  readonly at_ms: number;
  readonly name: string;
  readonly via: string;
  readonly role: string;
  readonly route: string;
  readonly path: string;
  readonly account_ids: string;
  readonly accounts: number;
}

/** Keeps the record. */
export class ReadsAudit {
  readonly #log: Logger;
  readonly #nowMs: () => number;
  readonly #keptMs: number;
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;
  readonly #page: StatementSync;
  #trimAtMs: number;
  #isFailing = false;

  constructor(database: DatabaseSync, { log, nowMs, days }: ReadsAuditOptions) {
    this.#log = log.child({ audit: "reads" });
    this.#nowMs = nowMs;
    this.#keptMs = days * dayMs;
    this.#insert = database.prepare(
      "INSERT INTO reads_audit (at_ms, name, via, role, route, path, account_ids, accounts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#trim = database.prepare("DELETE FROM reads_audit WHERE at_ms <= ?");
    this.#page = database.prepare("SELECT * FROM reads_audit WHERE id < ? ORDER BY id DESC LIMIT ?");
    this.#trimAtMs = nowMs();
    this.#removeOld(this.#trimAtMs);
  }

  /** Puts a reading on record (U1). @throws NotOnRecordError when it cannot be written */
  record({ reader, route, path, accountIds }: Reading): void {
    const { name, via, role } = reader;
    const nowMs = this.#nowMs();
    const accounts = accountIds.size;
    const ids = JSON.stringify([...accountIds]);
    const id = this.#written(() => this.#insert.run(nowMs, name, via, role, route, path, ids, accounts));
    this.#log.info({ auditId: id, reader: name, via, role, route, accounts }, "account ids were read");
    if (nowMs >= this.#trimAtMs) this.#removeOld(nowMs);
  }

  /**
   * Readings, the newest first: at most `limit` rows, and no more than have 10,000 ids together, but one. So the row of who reads
   * them has no more either.
   *
   * @param before only those with a smaller number
   */
  page(limit: number, before: number): { readonly items: ReadOnRecord[]; readonly hasMore: boolean } {
    const items: ReadOnRecord[] = [];
    let ids = 0;
    for (const found of this.#page.iterate(before, limit)) {
      const { at_ms, account_ids, ...row } = found as unknown as Row;
      const accountIds = JSON.parse(account_ids) as string[];
      ids += accountIds.length;
      if (items.length > 0 && ids > idsOfPageMax) return { items, hasMore: true };
      items.push({ ...row, at: new Date(at_ms).toISOString(), accountIds });
    }
    return { items, hasMore: items.length === limit };
  }

  /** @returns the number of the row */
  #written(write: () => { readonly lastInsertRowid: number | bigint }): number {
    try {
      const { lastInsertRowid } = write();
      if (this.#isFailing) this.#log.info("readings are put on record again");
      this.#isFailing = false;
      return Number(lastInsertRowid);
    } catch (cause) {
      const error = new NotOnRecordError(cause);
      // Told once, and not for every reading that is refused.
      if (!this.#isFailing)
        this.#log.error({ err: error }, "a reading cannot be put on record; nothing is shown");
      this.#isFailing = true;
      throw error;
    }
  }

  /** U3. That it fails keeps nobody from reading: what it would remove is on record. */
  #removeOld(nowMs: number): void {
    this.#trimAtMs = nowMs + trimEveryMs;
    try {
      const { changes } = this.#trim.run(nowMs - this.#keptMs);
      if (changes > 0)
        this.#log.info({ rows: Number(changes) }, "readings older than READS_AUDIT_DAYS were removed");
    } catch (error) {
      this.#log.error(
        { err: error },
        "readings that are too old cannot be removed; it is tried again in an hour",
      );
    }
  }
}
