// All rows of a read model, to compare two of them.

import { DatabaseSync } from "node:sqlite";
import type { ReadModelDatabase } from "../../src/read-model/database.ts";

type Rows = Record<string, unknown>[];

/** Tables that say when and how a database was made, and not what it holds. */
const ownTables = ["meta"];

/** Every row of every table, sorted; rowids are left out, for they are the order of arrival. */
export const dump = (database: Pick<ReadModelDatabase, "all">): Record<string, string[]> => {
  const tables = database.all<{ readonly name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  );
  return Object.fromEntries(
    tables
      .filter(({ name }) => !ownTables.includes(name))
      .map(({ name }) => [
        name,
        database
          .all<Record<string, unknown>>(`SELECT * FROM ${name}`)
          .map((row) => JSON.stringify(Object.values(row), bytesAsText))
          .toSorted(),
      ]),
  );
};

/** The same of a file that another process has written. */
export const dumpFile = (file: string): Record<string, string[]> => {
  const connection = new DatabaseSync(file, { readOnly: true });
  try {
    return dump({ all: <Row>(sql: string) => connection.prepare(sql).all() as Rows as Row[] });
  } finally {
    connection.close();
  }
};

const bytesAsText = (_name: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
