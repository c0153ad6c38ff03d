// Addresses as numbers, for tests: written without the code that is tested, and without Node's BlockList.

/** An address as one number, with its length in bits: 32 or 128. */
export interface AddressNumber {
  readonly value: bigint;
  readonly bits: number;
}

const groupsOf = (text: string): string[] => (text === "" ? [] : text.split(":"));

/** @param text dotted, or in hexadecimal groups without a dotted end */
export const numberOf = (text: string): AddressNumber => {
  if (text.includes(".")) {
    const value = text.split(".").reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
    return { value, bits: 32 };
  }
  const [head = "", tail] = text.split("::");
  const [left, right] = [groupsOf(head), groupsOf(tail ?? "")];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => "0");
  const value = [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
  return { value, bits: 128 };
};

/** The address in full, no group left out. */
export const textOf = ({ value, bits }: AddressNumber): string => {
  const [size, radix, separator] = bits === 32 ? [8n, 10, "."] : [16n, 16, ":"];
  const parts: string[] = [];
  for (let shift = BigInt(bits) - size; shift >= 0n; shift -= size)
    parts.push(((value >> shift) & ((1n << size) - 1n)).toString(radix));
  return parts.join(separator);
};

/** The first and the last address of a block. */
export const boundsOf = (block: string): readonly [first: AddressNumber, last: AddressNumber] => {
  const [network = "", prefix] = block.split("/");
  const { value, bits } = numberOf(network);
  const size = 1n << BigInt(bits - Number(prefix));
  return [
    { value, bits },
    { value: value + size - 1n, bits },
  ];
};

/** Whether a block has an address. */
export const isWithin = (block: string, { value, bits }: AddressNumber): boolean => {
  const [first, last] = boundsOf(block);
  return first.bits === bits && first.value <= value && value <= last.value;
};

/** One before, first, last, one after: as far as there are such. */
export const edgesOf = (block: string): AddressNumber[] => {
  const [first, last] = boundsOf(block);
  return [first.value - 1n, first.value, last.value, last.value + 1n]
    .filter((value) => value >= 0n && value < 1n << BigInt(first.bits))
    .map((value) => ({ value, bits: first.bits }));
};
