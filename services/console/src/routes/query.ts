// Reads the parameters of a query: each is what it must be, or the request is refused and the fault is named.

import { tryParseEventTime } from "@riffle/contracts";
import type { ConsoleProblem } from "../problem.ts";

/** A parameter that is not what it must be; answered as `invalid-query`. */
export class QueryFault extends Error {
  override readonly name = "QueryFault";
  readonly problem: ConsoleProblem;

  constructor(code: "invalid-query" | "invalid-cursor", detail: string) {
    super(detail);
    this.problem = { code, detail };
  }
}

/** The query of a request, read by what is asked of it. */
export class Query {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws QueryFault when there is a parameter that this path does not have */
  constructor(values: unknown, names: readonly string[]) {
    this.#values = values as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(this.#values).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new QueryFault(
        "invalid-query",
        `There is no parameter ${unknown.slice(0, 32)} here; there are ${names.join(", ")}.`,
      );
    }
  }

  /** A text of 1 to 128 characters; null when it is absent. */
  text(name: string): string | null {
    const value = this.#values[name];
    if (value === undefined) return null;
    if (typeof value === "string" && value.length > 0 && value.length <= 128) return value;
    throw new QueryFault("invalid-query", `${name} must be given once, with 1 to 128 characters.`);
  }

  /** One of some words; null when it is absent. */
  oneOf<const W extends string>(name: string, words: readonly W[]): W | null {
    const value = this.text(name);
    if (value === null) return null;
    const found = words.find((word) => word === value);
    if (found === undefined)
      throw new QueryFault("invalid-query", `${name} must be one of ${words.join(", ")}.`);
    return found;
  }

  /** A whole number within bounds, or the default. */
  integer(
    name: string,
    bounds: { readonly min: number; readonly max: number; readonly default: number },
  ): number {
    const value = this.text(name);
    if (value === null) return bounds.default;
    const found = /^[0-9]{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (found >= bounds.min && found <= bounds.max) return found;
    throw new QueryFault(
      "invalid-query",
      `${name} must be a whole number from ${bounds.min} to ${bounds.max}.`,
    );
  }

  /** An instant, RFC 3339 or epoch milliseconds, in epoch milliseconds; the default when it is absent. */
  instant(name: string, absent: number): number {
    const value = this.text(name);
    if (value === null) return absent;
    const found = /^[0-9]{1,15}$/.test(value) ? Number(value) : tryParseEventTime(value);
    if (found !== undefined) return found;
    throw new QueryFault(
      "invalid-query",
      `${name} must be a time in RFC 3339 with offset, or epoch milliseconds.`,
    );
  }

  /** How many items a page has: 1 to 500, 50 when it is not said. */
  limit(): number {
    return this.integer("limit", { min: 1, max: 500, default: 50 });
  }

  /** Where the last page ended: as many values as `types` has; undefined for the first page. @throws QueryFault */
  after(types: readonly ("number" | "string")[]): (number | string)[] | undefined {
    const text = this.#values["after"];
    if (text === undefined) return undefined;
    const place = typeof text === "string" && text.length <= 1_024 ? readCursor(text) : undefined;
    if (place?.length === types.length && place.every((value, i) => typeof value === types[i])) return place;
    throw new QueryFault("invalid-cursor", "`after` must be the `next` of an answer, unchanged.");
  }
}

/** The cursor of the page after `place`. */
export const writeCursor = (place: readonly (number | string)[]): string =>
  Buffer.from(JSON.stringify(place)).toString("base64url");

const readCursor = (text: string): (number | string)[] | undefined => {
  try {
    const place: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return Array.isArray(place) ? place : undefined;
  } catch {
    return undefined;
  }
};

/** Characters of the items of a page, as they are stored, beyond which it ends; an alert alone may have a million. */
const pageCharsMax = 4 << 20;

/** What makes a page of rows. */
export interface PageShape<Row, Item> {
  readonly limit: number;
  readonly item: (row: Row) => Item;
  /** What the cursor of the page after it is made of. */
  readonly place: (row: Row) => readonly (number | string)[];
  /** The row's stored text. @default none worth counting */
  readonly text?: (row: Row) => string;
}

/**
 * A page of rows, which are asked for until it is full: of `limit` items, or, with one at least, of as many characters as a page
 * may have. @param rows at least one more than `limit`, where there are so many
 */
export const pageOf = <Row, Item>(
  rows: Iterable<Row>,
  { limit, item, place, text }: PageShape<Row, Item>,
): { readonly items: Item[]; readonly next: string | null } => {
  const items: Item[] = [];
  let chars = 0;
  let last: Row | undefined;
  for (const row of rows) {
    chars += text?.(row).length ?? 0;
    const isFull = items.length >= limit || chars > pageCharsMax;
    if (isFull && last !== undefined) return { items, next: writeCursor(place(last)) };
    items.push(item(row));
    last = row;
  }
  return { items, next: null };
};
