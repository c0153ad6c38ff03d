// Account ids as they are shown to who was not to see them: to viewers by the console, at a terminal by `riffle`. The one rule.
//
//   M1. A value is masked where a field says that it is an account's id or a record's key, at any depth, and wherever one
//       of these ids stands inside another text of the same answer: a transaction's id that embeds it, a comment.
//   M2. The mask is the same for one account while the process lives, and tells nobody whose it is: a keyed hash, whose key
//       is drawn at the start and stored nowhere. Ids cannot be tried out.
//   M3. Rather too much is masked than too little: an id of less than five characters is masked wherever it stands alone.

import { createHmac, randomBytes } from "node:crypto";

/** Fields whose text is an account's id, or begins with it. A counterparty is an account too. */
const idFields: ReadonlySet<string> = new Set([
  "account",
  "accountId",
  "accountIds",
  "counterpartyId",
  "key",
]);

/** The one field whose own fields are named by clients. */
const ownNamesField = "metadata";
/** An id that is shorter stands inside ordinary words. */
const embeddedCharsMin = 5;
const shownChars = 2;
/** Of a shorter id two letters would be half of it. */
const shownOfCharsMin = 6;
const tagChars = 6;

/** Every account id in a value, by the names of its fields. */
export function accountIdsIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const item of value) accountIdsIn(item, found);
  else if (typeof value === "object" && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      if (idFields.has(name)) addTexts(field, found);
      accountIdsIn(field, found);
    }
  }
  return found;
}

function addTexts(field: unknown, found: Set<string>): void {
  if (typeof field === "string" && field !== "") found.add(field);
  else if (Array.isArray(field))
    for (const item of field) if (typeof item === "string") addTexts(item, found);
}

/** Masks the account ids of one process: two letters, where they are not half of the id, and six digits of the hash (M2). */
export class AccountMask {
  readonly #secret = randomBytes(32);

  /** `acct-1042` → `ac…5b01fe`. */
  mask(accountId: string): string {
    const tag = createHmac("sha256", this.#secret).update(accountId, "utf8").digest("hex").slice(0, tagChars);
    return `${accountId.length < shownOfCharsMin ? "" : accountId.slice(0, shownChars)}…${tag}`;
  }

  /** A copy of a value of JSON with every account id masked (M1); the value itself where there is none. */
  masked(value: unknown): unknown {
    const ids = accountIdsIn(value);
    if (ids.size === 0) return value;
    const masks = new Map([...ids].map((id) => [id, this.mask(id)]));
    // The longest first: an id may begin with another.
    const shapes = [...ids].sort((a, b) => b.length - a.length).map(shapeOf);
    const pattern = new RegExp(shapes.join("|"), "g");
    return copyWith(value, (text) => text.replace(pattern, (id) => masks.get(id) ?? ""));
  }
}

function shapeOf(id: string): string {
  const literal = id.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  return id.length < embeddedCharsMin ? `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])` : literal;
}

type Change = (text: string) => string;

function copyWith(value: unknown, change: Change): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => copyWith(item, change));
  if (typeof value !== "object" || value === null) return value;
  // As JSON would have it: a date is its text.
  if ("toJSON" in value && typeof value.toJSON === "function") return copyWith(value.toJSON(), change);
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      name === ownNamesField ? copyWithNames(field, change) : copyWith(field, change),
    ]),
  );
}

function copyWithNames(value: unknown, change: Change): unknown {
  const copy = copyWith(value, change);
  if (typeof copy !== "object" || copy === null || Array.isArray(copy)) return copy;
  return Object.fromEntries(Object.entries(copy).map(([name, field]) => [change(name), field]));
}
