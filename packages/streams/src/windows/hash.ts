// A hash of text, 64 bits as two halves of 32.
//
// MurmurHash3 (Austin Appleby, public domain, x86 32-bit variant; https://github.com/aappleby/smhasher) run twice with
// two seeds over the UTF-16 code units. It needs nothing but 32-bit multiplication: no Node, no BigInt, the same on
// every machine and in every version, which stored sketches depend on. It is no protection against somebody who chooses
// texts so that they collide; whoever counts what an attacker writes gets at most a count too low.

const rotate = (bits: number, by: number): number => (bits << by) | (bits >>> (32 - by));

/** One half: 32 bits, as a signed integer. Two code units are one block. */
export const hash32 = (text: string, seed: number): number => {
  let hash = seed;
  const { length } = text;
  let i = 0;
  for (; i + 1 < length; i += 2) {
    hash ^= scrambled(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    hash = (Math.imul(rotate(hash, 13), 5) + 0xe6546b64) | 0;
  }
  if (i < length) hash ^= scrambled(text.charCodeAt(i));
  return finished(hash ^ (length * 2));
};

const scrambled = (block: number): number => Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);

const finished = (hash: number): number => {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return second ^ (second >>> 16);
};
