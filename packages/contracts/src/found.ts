// The kind of a value, in words, for messages that must not repeat the value itself.

/**
 * What `value` is, without saying it: `nothing`, `null`, `a list`, `a number with a fraction`, `text of 70 characters`.
 */
export function describeFound(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return value.length === 0
        ? "empty text"
        : `text of ${value.length} character${value.length === 1 ? "" : "s"}`;
    case "number":
      return describeNumber(value);
    case "boolean":
      return "a boolean";
    case "object":
      return "an object";
    default:
      return `a ${typeof value}`;
  }
}

function describeNumber(value: number): string {
  if (value === 0) return "zero";
  if (!Number.isFinite(value)) return "a number beyond every limit";
  if (!Number.isInteger(value)) return "a number with a fraction";
  if (!Number.isSafeInteger(value)) return "an integer too large to be exact";
  return value < 0 ? "a negative integer" : "an integer";
}
