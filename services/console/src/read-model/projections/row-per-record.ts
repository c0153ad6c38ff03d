// A projection that makes one row of each record of one topic: what such projections share, and nothing else.

import type { SqlValue } from "../database.ts";
import type { ModelRecord, Projection } from "../projection.ts";
import { expireRows, type RowTable } from "./transactions.ts";

/** A record whose value its codec has read. */
export interface ReadRecord<V> extends ModelRecord {
  readonly value: V;
  readonly bytes: Uint8Array;
}

/** What tells one of these projections from another. */
export interface RowPerRecord<V> {
  /** Of the projection. */
  readonly name: string;
  readonly topic: string;
  /** Has the column `event_ms`, the record's timestamp, by which rows go. */
  readonly table: RowTable;
  /** In the order of the table. */
  readonly columns: readonly string[];
  /** Indexes on the table, each a list of columns by its name. `event_ms` has one without being named here. */
  readonly indexes: Readonly<Record<string, string>>;
  /** The values of the columns, in their order. */
  readonly row: (record: ReadRecord<V>) => readonly SqlValue[];
}

/** The projection. A record that no codec reads makes no row. */
export const rowPerRecord = <V>(own: RowPerRecord<V>): Projection => {
  const { name, topic, table, columns, row } = own;
  const insert = `INSERT INTO ${table} VALUES (${columns.map(() => "?").join(", ")})`;
  return {
    name,
    topics: [topic],
    schema: schemaOf(own),
    apply: (database, records) => {
      const statement = database.statement(insert);
      for (const record of records)
        if (record.value !== undefined && record.bytes !== null)
          statement.run(...row(record as ReadRecord<V>));
    },
    timeOf: ({ timestampMs }) => timestampMs,
    expire: (database, beforeMs, limit) => expireRows(database, table, beforeMs, limit),
  };
};

const schemaOf = ({ table, columns, indexes }: Pick<RowPerRecord<never>, "table" | "columns" | "indexes">) =>
  [
    `CREATE TABLE ${table} (${columns.join(", ")}) STRICT;`,
    ...Object.entries(indexes).map(([index, of]) => `CREATE INDEX ${index} ON ${table} (${of});`),
    `CREATE INDEX ${table}_by_time ON ${table} (event_ms);`,
  ].join("\n");
