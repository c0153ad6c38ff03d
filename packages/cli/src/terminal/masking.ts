// Account ids as people see them who were not asked for them: `ac…7f`.
//
//   M1. A masked record shows an account id nowhere: not in its key, not in a field, not inside another id or a text.

const shortest = 6;
/** An id that is shorter is too likely a part of another word to be looked for inside of texts. */
const findableFrom = 4;

/** The fields that hold account ids. */
const accountFields: readonly string[] = ["accountId", "counterpartyId"];

/** `acct-1047f` → `ac…7f`; a short one is hidden whole. */
export const maskedAccount = (id: string): string =>
  id.length < shortest ? "…" : `${id.slice(0, 2)}…${id.slice(-2)}`;

/** Hides the account ids of one record. */
export class Mask {
  readonly #masked = new Map<string, string>();

  /** @param values where account ids are looked for, by the names of their fields */
  constructor(...values: readonly unknown[]) {
    for (const value of values) this.#collect(value);
  }

  /** The text without them. */
  text(text: string): string {
    const whole = this.#masked.get(text);
    if (whole !== undefined) return whole;
    let shown = text;
    for (const [id, masked] of this.#masked)
      if (id.length >= findableFrom) shown = shown.replaceAll(id, masked);
    return shown;
  }

  /** The value without them, as deep as it goes. */
  value(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, of]) => [
        name,
        accountFields.includes(name) && typeof of === "string" ? maskedAccount(of) : this.value(of),
      ]),
    );
  }

  #collect(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#collect(item);
    else if (typeof value === "object" && value !== null)
      for (const [name, of] of Object.entries(value)) {
        if (accountFields.includes(name) && typeof of === "string") this.#masked.set(of, maskedAccount(of));
        else this.#collect(of);
      }
  }
}
