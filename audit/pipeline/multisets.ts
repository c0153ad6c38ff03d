// Comparing what should be with what is: as multisets, and then in order.

const shown = 3;

/** How two lists of lines differ, in words: what is missing, what is too much, and else where their orders part. */
export const compare = (what: string, expected: readonly string[], found: readonly string[]): string[] => {
  const missing = subtract(expected, found);
  const extra = subtract(found, expected);
  const faults: string[] = [];
  if (missing.length > 0)
    faults.push(`${what}: ${missing.length} missing, such as ${missing.slice(0, shown).join(" | ")}`);
  if (extra.length > 0)
    faults.push(`${what}: ${extra.length} too many, such as ${extra.slice(0, shown).join(" | ")}`);
  const first = expected.findIndex((line, i) => line !== found[i]);
  if (faults.length === 0 && first >= 0)
    faults.push(`${what}: out of order from ${first}: expected ${expected[first]}, found ${found[first]}`);
  return faults;
};

/** The items of `a` that are not in `b`, as multisets: a second copy counts. */
const subtract = (a: readonly string[], b: readonly string[]): string[] => {
  const left = new Map<string, number>();
  for (const item of b) left.set(item, (left.get(item) ?? 0) + 1);
  return a.filter((item) => {
    const count = left.get(item) ?? 0;
    left.set(item, count - 1);
    return count <= 0;
  });
};
