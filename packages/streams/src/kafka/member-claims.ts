// What members and the leader of a group tell each other, inside the bytes that the group protocol leaves to them.
//
//   M1. Bytes of another version, or of nobody known, are read as no claim: it costs stickiness, never a partition.

/** What a member holds when it joins. */
export interface MemberClaims {
  /** Partition numbers it owned, and would like to keep. */
  readonly owned: readonly number[];
  /** Partition numbers it stands by for. */
  readonly standby: readonly number[];
}

/** A list alone where there is no standby, as versions without standbys write it and read it. */
export const writeClaims = ({ owned, standby }: MemberClaims): Buffer =>
  Buffer.from(JSON.stringify(standby.length === 0 ? owned : { owned, standby }));

export const readClaims = (bytes: Uint8Array | null | undefined): MemberClaims => {
  const read = parse(bytes);
  if (Array.isArray(read)) return { owned: numbers(read), standby: [] };
  const { owned, standby } = (read ?? {}) as Partial<Record<keyof MemberClaims, unknown>>;
  return { owned: numbers(owned), standby: numbers(standby) };
};

/** What a member is to stand by for, in its assignment. */
export const writeStandbys = (standby: readonly number[]): Buffer =>
  standby.length === 0 ? Buffer.alloc(0) : Buffer.from(JSON.stringify({ standby }));

export const readStandbys = (bytes: Uint8Array | null | undefined): number[] =>
  readClaims(bytes).standby.toSorted((a, b) => a - b);

const parse = (bytes: Uint8Array | null | undefined): unknown => {
  if (bytes == null || bytes.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
};

const numbers = (value: unknown): number[] =>
  Array.isArray(value) ? value.filter((each): each is number => Number.isInteger(each)) : [];
