// Who gets which partitions: the same numbers of every input topic, evenly, moving as few as possible.

/** A member as the leader sees it. */
export interface AssignableMember {
  readonly memberId: string;
  /** Partition numbers it had, and would like to keep. */
  readonly owned: readonly number[];
}

/**
 * Shares `0 … partitions−1` out among the members. Counts differ by one at most; a member keeps what it owned as
 * far as its share goes; the result does not depend on the order of the members.
 */
export const assignPartitions = (
  members: readonly AssignableMember[],
  partitions: number,
): Map<string, number[]> => {
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  // Those who own more come first, so that the larger shares fall to them and less moves.
  const byOwned = sorted.toSorted((a, b) => b.owned.length - a.owned.length);
  const shares = new Map<string, number[]>();
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition));
  const smaller = Math.floor(partitions / Math.max(1, members.length));
  const larger = partitions % Math.max(1, members.length);
  byOwned.forEach(({ memberId, owned }, rank) => {
    const share = smaller + (rank < larger ? 1 : 0);
    const kept = owned.filter((partition) => free.has(partition)).slice(0, share);
    for (const partition of kept) free.delete(partition);
    shares.set(memberId, kept);
  });
  const rest = free.values();
  byOwned.forEach(({ memberId }, rank) => {
    const kept = shares.get(memberId) ?? [];
    const share = smaller + (rank < larger ? 1 : 0);
    while (kept.length < share) {
      const { value, done } = rest.next();
      if (done === true) break;
      kept.push(value);
    }
    kept.sort((a, b) => a - b);
  });
  return shares;
};
