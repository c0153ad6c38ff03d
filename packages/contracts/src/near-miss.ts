// Near misses: which known name a mistyped one was probably meant to be.

const editsMax = 2;

/**
 * The candidate that is at most two edits (Levenshtein: insert, delete, replace) from `name`, capitals aside; the
 * nearest one, the first of equals. `undefined` when none is that near, or when the edits would rewrite more than half
 * of a short name.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.min(editsMax, Math.floor(name.length / 2)) + 1;
  for (const candidate of candidates) {
    // Lengths that differ by more than the limit need no look, which also keeps a huge name cheap.
    if (Math.abs(candidate.length - name.length) >= fewest) continue;
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits >= fewest) continue;
    nearest = candidate;
    fewest = edits;
  }
  return nearest;
}

function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = cell(above, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const inserted = cell(current, column - 1) + 1;
      const deleted = cell(above, column) + 1;
      current.push(Math.min(replaced, inserted, deleted));
    }
    above = current;
  }
  return cell(above, b.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
