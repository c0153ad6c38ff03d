// The canonical form of a value: one text for one content, whoever wrote it.
//
// It is that of RFC 8785 (JCS) for what case events are made of: members sorted by the UTF-16 code units of their names, no
// space between, texts escaped as `JSON.stringify` does, whole numbers in decimal. Members that are undefined are not there.

/** What has a canonical form here: no fractions, whose digits two writers could choose differently. */
type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [name: string]: unknown };

/** The canonical text of `value`. Call it with what a codec has let through. */
export function canonicalJson(value: unknown): string {
  return textOf(value as Canonical);
}

function textOf(value: Canonical): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${textOf(member as Canonical)}`);
  return `{${members.join(",")}}`;
}
