// A bug here gives a partition to nobody, so that it is never read, or to two, or moves every account's state over the
// network whenever one pod comes or goes.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AssignableMember, assignPartitions } from "../../../src/kafka/assignment.ts";
import { present } from "../../harness/eventually.ts";

type Shares = Map<string, number[]>;

const asMembers = (shares: Shares): AssignableMember[] =>
  [...shares].map(([memberId, owned]) => ({ memberId, owned }));

/** A group that was balanced from nothing, so each member owns what the last generation gave it. */
const balanced = (count: number, partitions: number): Shares =>
  assignPartitions(
    Array.from({ length: count }, (_, i) => ({ memberId: `m${i}`, owned: [] })),
    partitions,
  );

const ownerOf = (shares: Shares): Map<number, string> =>
  new Map(
    [...shares].flatMap(([memberId, owned]) => owned.map((partition) => [partition, memberId] as const)),
  );

const movedBetween = (before: Shares, after: Shares): number[] => {
  const owners = ownerOf(after);
  return [...ownerOf(before)].filter(([p, owner]) => owners.get(p) !== owner).map(([partition]) => partition);
};

const partitionCount = fc.integer({ min: 1, max: 48 });
const memberCount = fc.integer({ min: 1, max: 12 });

/** Members that claim anything, also what others claim and what does not exist: claims are other processes' words. */
const claims = fc.uniqueArray(
  fc.record({
    memberId: fc.string({ minLength: 1, maxLength: 6 }),
    owned: fc.uniqueArray(fc.integer({ min: -1, max: 50 }), { maxLength: 20 }),
  }),
  { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 12 },
);

describe("a share-out", () => {
  it("gives each partition to exactly one member, whatever the members claim", () => {
    fc.assert(
      fc.property(claims, partitionCount, (members, partitions) => {
        const given = [...assignPartitions(members, partitions).values()].flat();
        expect(given.toSorted((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, p) => p));
      }),
    );
  });

  it("gives counts that differ by one at most, and knows every member", () => {
    fc.assert(
      fc.property(claims, partitionCount, (members, partitions) => {
        const shares = assignPartitions(members, partitions);
        expect(new Set(shares.keys())).toEqual(new Set(members.map(({ memberId }) => memberId)));
        const sizes = [...shares.values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("does not depend on the order of the members", () => {
    const shuffled = claims.chain((members) =>
      fc.tuple(
        fc.constant(members),
        fc.shuffledSubarray(members, { minLength: members.length, maxLength: members.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, partitionCount, ([members, others], partitions) => {
        expect(new Map(assignPartitions(others, partitions))).toEqual(assignPartitions(members, partitions));
      }),
    );
  });

  it("lists each share in ascending order", () => {
    expect(
      assignPartitions(
        [
          { memberId: "b", owned: [5, 1] },
          { memberId: "a", owned: [4] },
        ],
        6,
      ),
    ).toEqual(
      new Map([
        ["b", [0, 1, 5]],
        ["a", [2, 3, 4]],
      ]),
    );
  });

  it("of fewer partitions than members leaves somebody with none", () => {
    expect([...balanced(3, 2).values()]).toEqual([[0], [1], []]);
  });
});

describe("stickiness", () => {
  it("moves nothing when nobody came or went", () => {
    fc.assert(
      fc.property(memberCount, partitionCount, (count, partitions) => {
        const before = balanced(count, partitions);
        expect(movedBetween(before, assignPartitions(asMembers(before), partitions))).toEqual([]);
      }),
    );
  });

  it("moves to a new member its own share and nothing else", () => {
    fc.assert(
      fc.property(memberCount, partitionCount, (count, partitions) => {
        const before = balanced(count, partitions);
        const after = assignPartitions([...asMembers(before), { memberId: "new", owned: [] }], partitions);
        const moved = movedBetween(before, after);
        expect(moved.toSorted((a, b) => a - b)).toEqual(after.get("new"));
        expect(moved.length).toBeLessThanOrEqual(Math.ceil(partitions / (count + 1)));
      }),
    );
  });

  it("moves of a member that left its partitions and no others", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), partitionCount, fc.nat(), (count, partitions, pick) => {
        const before = balanced(count, partitions);
        const gone = `m${pick % count}`;
        const left = asMembers(before).filter(({ memberId }) => memberId !== gone);
        const moved = movedBetween(before, assignPartitions(left, partitions));
        expect(moved.toSorted((a, b) => a - b)).toEqual(before.get(gone));
      }),
    );
  });

  it("gives a partition that two members claim to one of them, and never to both", () => {
    const shares = assignPartitions(
      [
        { memberId: "a", owned: [0, 1] },
        { memberId: "b", owned: [1, 0] },
      ],
      4,
    );
    expect(
      present(shares.get("a"))
        .concat(present(shares.get("b")))
        .toSorted(),
    ).toEqual([0, 1, 2, 3]);
  });
});
