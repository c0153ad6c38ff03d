// Reading answers of the console: what is not of the kind that is expected counts as absent, for an older or newer
// console may answer less or more.

/** An object's members; none for anything else. */
export const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

/** The items of a list that are objects. */
export const objectsIn = (value: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : [];

/** The items of a list in their places; what is no text is undefined. */
export const textsIn = (value: unknown): (string | undefined)[] =>
  Array.isArray(value) ? value.map((item) => (typeof item === "string" ? item : undefined)) : [];

/** The member as text, of a number as well; undefined when it is neither. */
export const textIn = (members: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = members[name];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
};

/** The member as a number. */
export const numberIn = (members: Readonly<Record<string, unknown>>, name: string): number | undefined => {
  const value = members[name];
  return typeof value === "number" ? value : undefined;
};
