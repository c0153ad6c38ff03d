// Who gets which partitions: the same numbers of every input topic, evenly, moving as few as possible. And who stands by
// for which: keeps a warm copy of the state of a partition that another owns.

/** A member as the leader sees it. */
export interface AssignableMember {
  readonly memberId: string;
  /** Partition numbers it had, and would like to keep. */
  readonly owned: readonly number[];
  /** Partition numbers it stood by for: it holds their state, or most of it. */
  readonly standby?: readonly number[];
}

/**
 * Shares `0 … partitions−1` out among the members. Counts differ by one at most; a member keeps what it owned as
 * far as its share goes; what has no owner goes to a member that stood by for it, if its share has room; the result does
 * not depend on the order of the members.
 */
export const assignPartitions = (
  members: readonly AssignableMember[],
  partitions: number,
): Map<string, number[]> => {
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  // Those who own more come first, so that the larger shares fall to them and less moves.
  const byOwned = sorted.toSorted((a, b) => b.owned.length - a.owned.length);
  const shares = new Map<string, number[]>(byOwned.map(({ memberId }) => [memberId, []]));
  const free = new Set(numbersBelow(partitions));
  const smaller = Math.floor(partitions / Math.max(1, members.length));
  const larger = partitions % Math.max(1, members.length);
  const give = (candidates: (member: AssignableMember) => Iterable<number>): void =>
    byOwned.forEach((member, rank) => {
      const share = shares.get(member.memberId) ?? [];
      const size = smaller + (rank < larger ? 1 : 0);
      for (const partition of candidates(member))
        if (share.length < size && free.delete(partition)) share.push(partition);
    });
  give(({ owned }) => owned);
  give(({ standby }) => standby ?? []);
  give(() => free);
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
};

/**
 * Who stands by for which partition: each has `replicas` members other than its owner, or as many as there are. Those
 * that hold its state already come first, as far as the load stays even; then whoever has least.
 *
 * @param shares what {@link assignPartitions} gave
 */
export const assignStandbys = (
  members: readonly AssignableMember[],
  shares: ReadonlyMap<string, readonly number[]>,
  partitions: number,
  replicas: number,
): Map<string, number[]> => {
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const standbys = new Map<string, number[]>(sorted.map(({ memberId }) => [memberId, []]));
  const wanted = Math.min(replicas, members.length - 1);
  if (wanted <= 0) return standbys;
  const loadMax = Math.ceil((partitions * wanted) / members.length);
  const missing = new Map(numbersBelow(partitions).map((partition) => [partition, wanted]));
  const loadOf = ({ memberId }: AssignableMember): number => standbys.get(memberId)?.length ?? 0;
  const mayHave = ({ memberId }: AssignableMember, partition: number): boolean =>
    (missing.get(partition) ?? 0) > 0 &&
    shares.get(memberId)?.includes(partition) !== true &&
    standbys.get(memberId)?.includes(partition) !== true;
  const give = (member: AssignableMember, partition: number): void => {
    standbys.get(member.memberId)?.push(partition);
    missing.set(partition, (missing.get(partition) ?? 0) - 1);
  };
  for (const holds of [(of: AssignableMember) => of.standby ?? [], (of: AssignableMember) => of.owned])
    for (const member of sorted)
      for (const partition of holds(member))
        if (loadOf(member) < loadMax && mayHave(member, partition)) give(member, partition);
  for (const partition of missing.keys())
    while ((missing.get(partition) ?? 0) > 0) {
      const able = sorted.filter((member) => mayHave(member, partition));
      give(able.toSorted((a, b) => loadOf(a) - loadOf(b))[0] as AssignableMember, partition);
    }
  for (const standby of standbys.values()) standby.sort((a, b) => a - b);
  return standbys;
};

const numbersBelow = (count: number): number[] => Array.from({ length: count }, (_, number) => number);
