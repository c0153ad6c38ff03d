// Numbers that look like chance and are not: the same for the same seed.

/** Numbers from [0, 1) that a seed decides (mulberry32). */
export function drawFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** So many hexadecimal digits. */
export const hex = (length: number, draw: () => number): string =>
  Array.from({ length }, () => Math.floor(draw() * 16).toString(16)).join("");
