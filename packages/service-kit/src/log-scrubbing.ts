// What may not reach a log line, and how it is kept out.
//
// pino's `redact` is not enough: of 16 ways to log a card number 8 leaked (deep paths, array elements, messages, error
// texts) and a Buffer under a wildcard threw. So there are two lines of defence, neither of which knows paths:
//
//   S1. Objects are copied before they are written: depth, length and text bounded; bytes become their count;
//       a value under a forbidden name (body, password, authorization, …) becomes "[removed]", at any depth.
//   S2. The finished line is searched for the secrets of the configuration and for card numbers (13 to 19 digits that
//       start with 2 to 6 and pass the Luhn check), wherever they stand, and stays valid JSON.
//   S3. Neither throws, whatever it is given: logging never ends a process.

const depthMax = 5;
const itemsMax = 20;
const textCharsMax = 2_048;
/** A shorter secret would strike out ordinary words; a schema should demand more anyway. */
const secretCharsMin = 4;

const forbiddenNames = new Set(
  [
    ["body", "rawbody", "requestbody", "payload", "rawheaders", "headers"],
    ["password", "passwd", "secret", "token", "accesstoken", "refreshtoken", "apikey", "privatekey"],
    ["authorization", "proxyauthorization", "cookie", "setcookie", "credentials", "sasl"],
    ["pan", "cardnumber", "cvv", "cvc", "pin", "track", "track1", "track2"],
  ].flat(),
);

function isForbidden(name: string): boolean {
  return forbiddenNames.has(name.toLowerCase().replace(/[^a-z0-9]/g, ""));
}

function plainText(text: string): string {
  return text.length > textCharsMax ? `${text.slice(0, textCharsMax)}… (${text.length} characters)` : text;
}

function plainError(error: Error, depth: number): Record<string, unknown> {
  const own = Object.fromEntries(
    Object.entries(error).filter(([name]) => name !== "stack" && name !== "message" && name !== "cause"),
  );
  return {
    type: error.name,
    message: plainText(error.message),
    stack: plainText(error.stack ?? ""),
    ...(error.cause === undefined ? {} : { cause: plainValue(error.cause, depth + 1) }),
    ...plainEntries(own, depth),
  };
}

function plainEntries(object: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(object).map(([name, value]) => [
    name,
    isForbidden(name) ? "[removed]" : plainValue(value, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function plainObject(value: object, depth: number): unknown {
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (depth > depthMax) return "[deeper]";
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof Map) return plainEntries(Object.fromEntries(value), depth);
  if (value instanceof Set || Array.isArray(value)) {
    const items = [...value].slice(0, itemsMax).map((item) => plainValue(item, depth + 1));
    const size = Array.isArray(value) ? value.length : value.size;
    return size > itemsMax ? [...items, `[${size - itemsMax} more]`] : items;
  }
  return plainEntries(value, depth);
}

function plainValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return plainText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "symbol" || typeof value === "function") return `[${typeof value}]`;
  return typeof value === "object" && value !== null ? plainObject(value, depth) : value;
}

/**
 * A bounded copy of the fields of a log entry, safe to turn into JSON (S1).
 * An object whose getters throw becomes `{ unloggable: <the error> }`.
 */
export function plainFields(fields: object): Record<string, unknown> {
  try {
    return plainEntries(fields, 0);
  } catch (error) {
    return { unloggable: String(error) };
  }
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const cardShape = /(?<!\d)[2-6](?:[ -]?\d){12,18}(?!\d)/g;
const maybeCard = /\d(?:[ -]?\d){12}/;
/** A JSON text, or a bare number; only these can hold digits in a line of JSON. */
const jsonToken = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function withoutCards(text: string): string {
  return text.replace(cardShape, (shape) =>
    passesLuhn(shape.replace(/[ -]/g, "")) ? "[card number]" : shape,
  );
}

const asJsonText = (text: string): string => JSON.stringify(text).slice(1, -1);

/** A secret as it may stand in a text: as it is, or within JSON that the text quotes. Longest first. */
const formsOf = (secrets: readonly string[]): string[] => {
  const long = secrets.filter((secret) => secret.length >= secretCharsMin);
  const forms = new Set(long.flatMap((secret) => [secret, asJsonText(secret)]));
  return [...forms].toSorted((a, b) => b.length - a.length);
};

/** The token without any of `forms`; a number that holds one becomes a text, so that the line stays JSON. */
function withoutSecrets(token: string, forms: readonly string[]): string {
  if (!token.startsWith('"')) return forms.some((form) => token.includes(form)) ? '"[secret]"' : token;
  // Struck out of what the token says: behind an escape's backslash a letter is not the secret's first.
  let text: string = JSON.parse(token);
  for (const form of forms) text = text.replaceAll(form, "[secret]");
  return JSON.stringify(text);
}

function withoutCardsIn(token: string): string {
  if (token.startsWith('"')) return withoutCards(token);
  // The digits behind a point are a duration's; a card number is in front of it.
  const [whole = ""] = token.split(".", 1);
  const masked = withoutCards(whole);
  return masked === whole ? token : JSON.stringify(masked + token.slice(whole.length));
}

/**
 * A function that strikes the given secrets and every card number out of a line of JSON (S2).
 *
 * @param secrets the values to strike out; those below 4 characters are ignored
 */
export function lineScrubber(secrets: readonly string[]): (line: string) => string {
  const forms = formsOf(secrets);
  const written = [...new Set(forms.map(asJsonText))];
  return (line) => {
    let clean = line;
    if (written.some((form) => line.includes(form)))
      clean = clean.replace(jsonToken, (token) => withoutSecrets(token, forms));
    return maybeCard.test(clean) ? clean.replace(jsonToken, withoutCardsIn) : clean;
  };
}
