// Strict JSON: bytes → value, refusing what JSON.parse lets pass and a ledger must not.
//
// JSON.parse keeps the last of two equal names, takes invalid UTF-8 decoded to U+FFFD, half surrogate pairs, any depth
// (490,000 brackets block the event loop for 183 ms), and rounds numbers without a word. So:
//
//   J1. What is accepted has exactly the value that JSON.parse gives (test/unit/json/strict-json.test.ts, property).
//   J2. Refused beyond JSON.parse: bytes that are no UTF-8, a name twice in one object, the name `__proto__`,
//       half a surrogate pair, more than 16 levels, an integer beyond 2^53-1 either way, a number too large to be finite.
//   J3. Numbers keep the value JSON.parse gives, and those that are not spelled as plain integers are listed, so
//       that a field of money can refuse 100.00000000000000001, which would otherwise read as 100. Left out are those
//       whose path is longer than 128 characters: no field of the contract is there.
//   J4. A fault has the position of its first byte, counted from 0, and never repeats what was sent but names.
//   J5. Time and memory are in proportion to the bytes: no text is copied, or counted through, once for each value.

/** The levels of arrays and objects that a body may have; the contract needs 2. */
export const jsonDepthMax = 16;

/** What is wrong with the bytes, stable, for programs. */
export type JsonFaultCode =
  | "json-empty"
  | "json-not-utf8"
  | "json-syntax"
  | "json-duplicate-name"
  | "json-forbidden-name"
  | "json-lone-surrogate"
  | "json-too-deep"
  | "json-number-too-large"
  | "json-trailing-data";

/** The first thing wrong with the bytes. */
export interface JsonFault {
  readonly code: JsonFaultCode;
  /** One sentence, without the position. */
  readonly message: string;
  /** Position of the byte it was found at, from 0; the length of the bytes where they end too early. */
  readonly byteAt: number;
  /** Path of the object or value it was found in, `metadata.note`; empty at the top. */
  readonly path: string;
}

/** A number that is not spelled as a plain integer. */
export interface SpelledNumber {
  /** `amount`, `metadata.a`, `list.0`. */
  readonly path: string;
  readonly spelling: "fraction" | "exponent";
}

/** What the bytes hold, or the first fault in them. */
export type JsonResult =
  | { readonly kind: "value"; readonly value: unknown; readonly spelledNumbers: readonly SpelledNumber[] }
  | { readonly kind: "fault"; readonly fault: JsonFault };

/** Keeps a byte order mark, so that it is refused as JSON demands. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const namesShownMax = 64;
/** Of a longer path no copy is made for each value below it: 64 KiB of body would become half a gigabyte (J5). */
const pathCharsMax = 128;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Control flow within this file: carries the fault out of the recursion. */
class FaultFound extends Error {
  readonly fault: Omit<JsonFault, "byteAt">;
  readonly charAt: number;

  constructor(fault: Omit<JsonFault, "byteAt">, charAt: number) {
    super(fault.message);
    this.fault = fault;
    this.charAt = charAt;
  }
}

/**
 * The position of the first byte that cannot be part of UTF-8; the length when only the end is missing.
 * Halving, because decoding byte by byte would block the event loop for a large body.
 */
function firstInvalidByte(bytes: Uint8Array): number {
  const isPrefixOfText = (length: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let valid = 0;
  let tooLong = bytes.length + 1;
  while (tooLong - valid > 1) {
    const middle = Math.floor((valid + tooLong) / 2);
    if (isPrefixOfText(middle)) valid = middle;
    else tooLong = middle;
  }
  return valid;
}

class Reader {
  readonly #text: string;
  readonly #path: string[] = [];
  readonly #places: Map<string, number> | undefined;
  readonly spelledNumbers: SpelledNumber[] = [];
  #at = 0;

  /** @param places is given the position of each value by its path, in characters, rising */
  constructor(text: string, places?: Map<string, number>) {
    this.#text = text;
    this.#places = places;
  }

  /** The one value of the text. */
  readDocument(): unknown {
    this.#skipSpace();
    this.#places?.set("", this.#at);
    const value = this.#readValue();
    this.#skipSpace();
    if (this.#at < this.#text.length) {
      this.#fail("json-trailing-data", "there is more after the end of the JSON value");
    }
    return value;
  }

  #readValue(): unknown {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#readObject();
      case "[":
        return this.#readArray();
      case '"':
        return this.#readString();
      case "t":
        return this.#readWord("true", true);
      case "f":
        return this.#readWord("false", false);
      case "n":
        return this.#readWord("null", null);
      default:
        return this.#readNumber();
    }
  }

  #readObject(): unknown {
    const object: Record<string, unknown> = {};
    this.#enter("}");
    if (this.#accept("}")) return object;
    for (;;) {
      const nameAt = this.#at;
      if (this.#text[nameAt] !== '"') this.#fail("json-syntax", "a name in double quotes is expected here");
      const name = this.#readString();
      if (name === "__proto__") {
        this.#fail("json-forbidden-name", "the name __proto__ is not allowed", nameAt);
      }
      if (Object.hasOwn(object, name)) {
        this.#path.push(name);
        this.#fail("json-duplicate-name", `the name ${shownName(name)} stands twice in one object`, nameAt);
      }
      this.#skipSpace();
      this.#expect(":");
      object[name] = this.#readMember(name);
      if (this.#accept("}")) return object;
      this.#expect(",", "a comma or the closing brace is expected here");
    }
  }

  #readArray(): unknown {
    const array: unknown[] = [];
    this.#enter("]");
    if (this.#accept("]")) return array;
    for (;;) {
      array.push(this.#readMember(String(array.length)));
      if (this.#accept("]")) return array;
      this.#expect(",", "a comma or the closing bracket is expected here");
    }
  }

  /** Steps over the opening bracket; the level ends where the path gets shorter again. */
  #enter(closing: string): void {
    if (this.#path.length >= jsonDepthMax) {
      this.#fail("json-too-deep", `arrays and objects may be nested ${jsonDepthMax} deep at most`);
    }
    this.#at++;
    this.#skipSpace();
    if (this.#at >= this.#text.length)
      this.#fail("json-syntax", `the JSON ends before its closing ${closing}`);
  }

  #readMember(name: string): unknown {
    this.#skipSpace();
    this.#path.push(name);
    if (this.#places !== undefined) this.#place(this.#places);
    const value = this.#readValue();
    this.#path.pop();
    this.#skipSpace();
    return value;
  }

  #readString(): string {
    const from = this.#at + 1;
    const end = this.#text.indexOf('"', from);
    if (end >= 0) {
      const plain = this.#text.slice(from, end);
      if (!needsCare.test(plain)) {
        this.#at = end + 1;
        return plain;
      }
    }
    return this.#readEscapedString();
  }

  /** The slow way, for texts with escapes or faults. */
  #readEscapedString(): string {
    const from = this.#at;
    let text = "";
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail("json-syntax", "the JSON ends within a text");
      if (char === '"') break;
      if (char < " ")
        this.#fail("json-syntax", "a control character within a text must be written as an escape");
      text += char === "\\" ? this.#readEscape() : char;
      this.#at++;
    }
    this.#at++;
    if (!text.isWellFormed()) {
      this.#fail("json-lone-surrogate", "half of a surrogate pair is no character", from);
    }
    return text;
  }

  /** Stands on the backslash before, on the last character of the escape after. */
  #readEscape(): string {
    const letter = this.#text[this.#at + 1] ?? "";
    if (letter === "u") {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) this.#fail("json-syntax", "\\u needs four hexadecimal digits");
      this.#at += 5;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const char = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (char === undefined) this.#fail("json-syntax", "this escape is not one of JSON's");
    this.#at++;
    return char;
  }

  #readNumber(): number {
    numberShape.lastIndex = this.#at;
    const match = numberShape.exec(this.#text);
    if (match === null) {
      const ended = this.#at >= this.#text.length;
      this.#fail(
        "json-syntax",
        ended ? "the JSON ends where a value is expected" : "a value is expected here",
      );
    }
    const [literal, fraction, exponent] = match;
    const value = Number(literal);
    if (!Number.isFinite(value)) this.#fail("json-number-too-large", "the number is too large to be finite");
    if (exponent !== undefined) this.#spelled("exponent");
    else if (fraction !== undefined) this.#spelled("fraction");
    else if (!Number.isSafeInteger(value)) {
      this.#fail("json-number-too-large", "an integer beyond 9007199254740991 either way cannot be exact");
    }
    this.#at += literal.length;
    return value;
  }

  #spelled(spelling: SpelledNumber["spelling"]): void {
    const path = this.#shortPath();
    if (path !== undefined) this.spelledNumbers.push({ path, spelling });
  }

  /** Of two values with one path, `{"a.b":1,"a":{"b":2}}`, the first has the place. */
  #place(places: Map<string, number>): void {
    const path = this.#shortPath();
    if (path !== undefined && !places.has(path)) places.set(path, this.#at);
  }

  /** The path of the value at hand, unless it is longer than {@link pathCharsMax}. */
  #shortPath(): string | undefined {
    let chars = this.#path.length - 1;
    for (const name of this.#path) chars += name.length;
    return chars > pathCharsMax ? undefined : this.#path.join(".");
  }

  #readWord<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail("json-syntax", "a value is expected here");
    this.#at += word.length;
    return value;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }

  #accept(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string, message = `${char} is expected here`): void {
    if (!this.#accept(char)) this.#fail("json-syntax", message);
    this.#skipSpace();
  }

  #fail(code: JsonFaultCode, message: string, at = this.#at): never {
    const path = this.#path.map(shownName).join(".");
    throw new FaultFound({ code, message, path }, at);
  }
}

/** Within a text: escapes, control characters, and surrogates never, since UTF-8 holds none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const needsCare = /[\u0000-\u001f\\]/;
const numberShape = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

function shownName(name: string): string {
  return name.length > namesShownMax ? `${name.slice(0, namesShownMax)}…` : name;
}

/**
 * Reads one JSON value.
 *
 * @param bytes the whole of a request's body
 * @returns the value JSON.parse would give, or the first fault (J2); never throws
 */
export function parseStrictJson(bytes: Uint8Array): JsonResult {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    const byteAt = firstInvalidByte(bytes);
    return faultOf({ code: "json-not-utf8", message: "the bytes are not UTF-8", path: "" }, byteAt);
  }
  if (text.trim() === "") return faultOf({ code: "json-empty", message: "the body is empty", path: "" }, 0);
  const reader = new Reader(text);
  try {
    return { kind: "value", value: reader.readDocument(), spelledNumbers: reader.spelledNumbers };
  } catch (error) {
    if (!(error instanceof FaultFound)) throw error;
    return faultOf(error.fault, Buffer.byteLength(text.slice(0, error.charAt)));
  }
}

function faultOf(fault: Omit<JsonFault, "byteAt">, byteAt: number): JsonResult {
  return { kind: "fault", fault: { ...fault, byteAt } };
}

/**
 * Where each value stands, by its path, in bytes from 0; the document itself under the empty path, and none whose path
 * is longer than 128 characters. For the answer to a bad request: it reads a second time.
 *
 * @param bytes what {@link parseStrictJson} gave a value for
 */
export function valuePlaces(bytes: Uint8Array): ReadonlyMap<string, number> {
  const text = decoder.decode(bytes);
  const places = new Map<string, number>();
  new Reader(text, places).readDocument();
  // Only a text with other than ASCII has two ways of counting.
  if (text.length === bytes.length) return places;
  let countedChars = 0;
  let byteAt = 0;
  for (const [path, charAt] of places) {
    byteAt += Buffer.byteLength(text.slice(countedChars, charAt));
    countedChars = charAt;
    places.set(path, byteAt);
  }
  return places;
}
