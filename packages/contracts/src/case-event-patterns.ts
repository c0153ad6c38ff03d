// What texts of a case event may be, in all of its versions.

/** Patterns of the texts in a case event. */
export const caseEventPatterns = {
  /** A person's name, or `riffle`. */
  name: "^[^\\p{Cc}]{1,200}$",
  /** The name of a rule, as in an alert. */
  rule: "^[a-z][a-z0-9-]{0,63}$",
  /** What a person wrote: lines and tabs are kept, other control characters refused. */
  text: "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]{1,4000}$",
  /** Why a person did something, in one line. */
  reason: "^[^\\p{Cc}]{1,500}$",
  /** SHA-256 in hexadecimal. */
  hash: "^[0-9a-f]{64}$",
} as const;
