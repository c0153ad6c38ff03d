// The record of who read which account: a row and a line of the log for every answer with account ids in full.
//
//   U1. The row is written before the answer is sent; what cannot be put on record is not shown.
//   U2. The table is bounded: the newest rows are kept. The line of the log stays as long as the logs do.
//   U3. The line has the reader, the route, how many accounts and the row's number, but no id: whoever reads the logs is
//       not thereby somebody who may see accounts. The row has the ids, the first hundred of them.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Logger } from "@riffle/service-kit/process";
import type { Reader } from "./reader.ts";

const rowsKept = 100_000;
/** Rows above the bound before some are removed. */
const rowsSlack = 1_000;
const idsKept = 100;

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
  /** The first hundred. */
  readonly accountIds: readonly string[];
  /** How many accounts there were in all. */
  readonly accounts: number;
}

/** What is put on record of one reading. */
export interface Reading {
  readonly reader: Pick<Reader, "name" | "via" | "role">;
  readonly route: string;
  readonly path: string;
  readonly accountIds: ReadonlySet<string>;
  /** How many accounts there were, where not all ids are given. @default all of them */
  readonly accounts?: number;
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
  readonly #insert: StatementSync;
  readonly #trim: StatementSync;
  readonly #page: StatementSync;

  constructor(database: DatabaseSync, log: Logger, nowMs: () => number) {
    this.#log = log.child({ audit: "reads" });
    this.#nowMs = nowMs;
    this.#insert = database.prepare(
      "INSERT INTO reads_audit (at_ms, name, via, role, route, path, account_ids, accounts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#trim = database.prepare("DELETE FROM reads_audit WHERE id <= ?");
    this.#page = database.prepare("SELECT * FROM reads_audit WHERE id < ? ORDER BY id DESC LIMIT ?");
  }

  /** Puts a reading on record (U1). @throws Error when it cannot be written */
  record({ reader, route, path, accountIds, accounts = accountIds.size }: Reading): void {
    const { name, via, role } = reader;
    const ids = JSON.stringify([...accountIds].slice(0, idsKept));
    const { lastInsertRowid } = this.#insert.run(this.#nowMs(), name, via, role, route, path, ids, accounts);
    const id = Number(lastInsertRowid);
    if (id % rowsSlack === 0) this.#trim.run(id - rowsKept);
    this.#log.info({ auditId: id, reader: name, via, role, route, accounts }, "account ids were read");
  }

  /** Readings, the newest first. @param before only those with a smaller number */
  page(limit: number, before: number): ReadOnRecord[] {
    const rows = this.#page.all(before, limit) as unknown as Row[];
    return rows.map(({ at_ms, account_ids, ...row }) => ({
      ...row,
      at: new Date(at_ms).toISOString(),
      accountIds: JSON.parse(account_ids) as string[],
    }));
  }
}
