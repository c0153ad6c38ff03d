// What a projection is: rows that are made of records, and nothing else.
//
//   J1. `apply` is a function of the database and the records. It reads no clock and no configuration, so that a rebuild
//       gives the same rows.
//   J2. Records of one partition come in offset order, each exactly once. Between partitions, and so between topics, there
//       is no order: rows must not depend on it.
//   J3. It runs inside the transaction that also stores the next offsets; it begins none of its own.

import type { ReadModelDatabase } from "./database.ts";

/** A record as projections see it: headers read, value decoded once for all of them. */
export interface ModelRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Event time, epoch milliseconds. */
  readonly timestampMs: number;
  /** UTF-8; null where the record has none. */
  readonly key: string | null;
  /** The value by the topic's codec; undefined for a tombstone, and where the codec cannot read it. */
  readonly value: unknown;
  /** The value's bytes. */
  readonly bytes: Uint8Array | null;
  /** When ingest accepted the cause, epoch milliseconds. */
  readonly receivedAtMs: number | null;
  /** When the service that made the record handled its cause, epoch milliseconds. */
  readonly processedAtMs: number | null;
  readonly traceparent: string | null;
  /** A header's text by its name, the last one of that name; undefined where there is none. */
  header(name: string): string | undefined;
}

/** One kind of rows in the read model. Stateless: what it keeps is in the database. */
export interface Projection {
  /** Unique; begins the names of its tables where they are its own alone. */
  readonly name: string;
  /** Names of the topics it reads. All of them exist when the console starts. */
  readonly topics: readonly string[];
  /** DDL of its tables and indexes. A change of it throws the database away and builds it again. */
  readonly schema: string;
  /** Takes records of its topics in, in the order in which they are applied (J2, J3). Never empty. */
  apply(database: ReadModelDatabase, records: readonly ModelRecord[]): void;
  /**
   * The time by which the rows of a record go, epoch milliseconds, where `expire` looks at nothing else: records before the
   * time that is kept are then not given to `apply` while the read model is built, for their rows would only be removed again.
   * Left out where that is not the same: a row of several records, of which a later one may be the older.
   */
  timeOf?(record: ModelRecord): number;
  /**
   * Removes some rows of events before `beforeMs`, at most about `limit`. @returns how many it removed.
   * Left out by projections that keep everything.
   */
  expire?(database: ReadModelDatabase, beforeMs: number, limit: number): number;
}
