// The file of the read model: what is in it, which topics it was made of, and how far each of them was read.
//
//   D1. A file of another schema, of other topics or of another cluster is thrown away, never mended: the topics are the
//       truth, and a rebuild is cheaper than a migration that is wrong.
//   D2. Rows and positions change in one transaction, so that after a kill they agree.
//   D3. One process writes. WAL with `synchronous=NORMAL`: a kill loses nothing that was committed, a power cut may lose
//       the last commits, rows and positions together, and they are read again.
//   D4. A full disk fails what was to be written, as a whole, and says so by its name (errors.ts); what is there can be read.

import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { storageError } from "./errors.ts";

/** Where a partition is read on. */
export interface ModelPosition {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to apply. */
  readonly offset: number;
}

/** Raised when rows that are made by code alone would differ: no projection's DDL tells. */
const layoutVersion = 1;

const ownSchema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE positions (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;`;

/** Whose tables are in the file: a projection (projection.ts). */
interface Tables {
  /** DDL. */
  readonly schema: string;
}

/** What the database is made for. */
export interface ReadModelDatabaseOptions {
  /** Folder of the file; undefined keeps everything in memory. */
  readonly folder: string | undefined;
  readonly projections: readonly Tables[];
  /** Names the topics as they are now, `TopicFollower.identity`. Default: any. */
  readonly source?: string;
}

/** The database of the read model. */
export class ReadModelDatabase {
  /** Random, made with the file: what pointed into another file points nowhere. */
  readonly epoch: string;
  /** Whether the file was made now, and why, if there was another. */
  readonly made: "found" | "new" | "schema-changed" | "source-changed" | "unreadable";
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(options: ReadModelDatabaseOptions) {
    const { folder } = options;
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
    const file = folder === undefined ? ":memory:" : join(folder, fileName);
    const schema = schemaText(options.projections);
    const wanted = { schema: digestOf(schema), source: options.source ?? "" };
    try {
      const opened = openFile(file, wanted);
      this.#connection = opened.connection ?? openNew(file, schema, wanted);
      this.made = opened.made;
    } catch (error) {
      throw storageError(error);
    }
    this.epoch = String(this.statement("SELECT value FROM meta WHERE name = 'epoch'").get()?.["value"]);
  }

  /** A prepared statement, made once for each text: use parameters, not texts put together. */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** All rows of a query. */
  all<Row>(sql: string, ...parameters: readonly SqlValue[]): Row[] {
    return this.statement(sql).all(...parameters) as Row[];
  }

  /** The rows of a query one by one: those that are not asked for are not read. One at a time for each text. */
  iterate<Row>(sql: string, ...parameters: readonly SqlValue[]): Iterable<Row> {
    return this.statement(sql).iterate(...parameters) as Iterable<unknown> as Iterable<Row>;
  }

  /** The first row of a query. */
  get<Row>(sql: string, ...parameters: readonly SqlValue[]): Row | undefined {
    return this.statement(sql).get(...parameters) as Row | undefined;
  }

  /**
   * Runs `change` as one transaction (D2): all of it is durable when this returns, or none of it.
   *
   * @throws DiskFullError when there is no room for it (D4)
   */
  transaction<R>(change: () => R): R {
    try {
      this.#connection.exec("BEGIN IMMEDIATE");
      const result = change();
      this.#connection.exec("COMMIT");
      return result;
    } catch (error) {
      // A failed commit may have ended the transaction already.
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      throw storageError(error);
    }
  }

  /** How far each partition was applied. */
  positions(): ModelPosition[] {
    return this.all<ModelPosition>("SELECT topic, partition, next_offset AS offset FROM positions");
  }

  /** Stores where a partition is read on; inside of {@link transaction}. */
  setPosition({ topic, partition, offset }: ModelPosition): void {
    this.statement(
      "INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
    ).run(topic, partition, offset);
  }

  /** Has the next start throw the file away: what it was made of is gone. */
  disown(): void {
    this.statement("UPDATE meta SET value = ? WHERE name = 'source'").run(`disowned ${randomUUID()}`);
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }
}

/** What a statement takes. */
export type SqlValue = string | number | null | Uint8Array;

const fileName = "read-model.sqlite";

interface Wanted {
  readonly schema: string;
  readonly source: string;
}

const schemaText = (projections: readonly Tables[]): string =>
  [`-- layout ${layoutVersion}`, ownSchema, ...projections.map(({ schema }) => schema)].join("\n");

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

const connect = (file: string): DatabaseSync => {
  const connection = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  connection.exec(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000;",
  );
  return connection;
};

const openFile = (
  file: string,
  wanted: Wanted,
): { readonly connection?: DatabaseSync; readonly made: ReadModelDatabase["made"] } => {
  let connection: DatabaseSync | undefined;
  try {
    connection = connect(file);
    const tables = connection.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'meta'").get();
    if (tables?.["n"] === 0) return discard(connection, file, "new");
    const meta = new Map(
      connection
        .prepare("SELECT name, value FROM meta")
        .all()
        .map(({ name, value }) => [name, value]),
    );
    if (meta.get("schema") !== wanted.schema) return discard(connection, file, "schema-changed");
    if (meta.get("source") !== wanted.source) return discard(connection, file, "source-changed");
    return { connection, made: "found" };
  } catch (error) {
    // Held by another process, or a folder that cannot be written: no reason to delete anything.
    if (!isUnreadable(error)) throw error;
    return discard(connection, file, "unreadable");
  }
};

/** Whether the file is no database, or a broken one: SQLITE_CORRUPT and SQLITE_NOTADB. */
const isUnreadable = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && [11, 26].includes(Number(error.errcode) & 0xff);

const discard = (
  connection: DatabaseSync | undefined,
  file: string,
  made: ReadModelDatabase["made"],
): { readonly made: ReadModelDatabase["made"] } => {
  connection?.close();
  if (file !== ":memory:") for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true });
  return { made };
};

const openNew = (file: string, schema: string, wanted: Wanted): DatabaseSync => {
  const connection = connect(file);
  connection.exec("BEGIN");
  connection.exec(schema);
  const insert = connection.prepare("INSERT INTO meta VALUES (?, ?)");
  insert.run("schema", wanted.schema);
  insert.run("source", wanted.source);
  insert.run("epoch", randomUUID().slice(0, 8));
  connection.exec("COMMIT");
  return connection;
};
