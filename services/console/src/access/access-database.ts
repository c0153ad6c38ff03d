// The file of what must outlive the read model: sessions and the record of who read which account.
//
//   A1. It is no cache. The read model's file is thrown away when its schema changes; this one never is.
//   A2. One process writes it.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const schema = `
CREATE TABLE IF NOT EXISTS sessions (
  token_sha256 TEXT PRIMARY KEY, csrf_token TEXT NOT NULL, proof TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
  created_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reads_audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, name TEXT NOT NULL, via TEXT NOT NULL, role TEXT NOT NULL,
  route TEXT NOT NULL, path TEXT NOT NULL, account_ids TEXT NOT NULL, accounts INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS reads_audit_at ON reads_audit (at_ms);`;

/** Opens the file, or makes it. @param folder where it lies; undefined keeps all in memory */
export function openAccessDatabase(folder: string | undefined): DatabaseSync {
  if (folder === undefined) {
    const database = new DatabaseSync(":memory:");
    database.exec(schema);
    return database;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(folder, "access.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  database.exec(schema);
  return database;
}
