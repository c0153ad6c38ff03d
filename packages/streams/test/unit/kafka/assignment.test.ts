// A bug here gives a partition to nobody, so that it is never read, or to two, or moves every account's state over the
// network whenever one pod comes or goes.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AssignableMember, assignPartitions, assignStandbys } from "../../../src/kafka/assignment.ts";
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

describe("standbys", () => {
  /** Members of one generation with what it gave them, as they join the next. */
  const generation = (members: readonly AssignableMember[], partitions: number, replicas: number) => {
    const shares = assignPartitions(members, partitions);
    const standbys = assignStandbys(members, shares, partitions, replicas);
    return members.map(
      ({ memberId }): AssignableMember => ({
        memberId,
        owned: shares.get(memberId) ?? [],
        standby: standbys.get(memberId) ?? [],
      }),
    );
  };
  const fresh = (count: number): AssignableMember[] =>
    Array.from({ length: count }, (_, i) => ({ memberId: `m${i}`, owned: [] }));
  const replicaCount = fc.integer({ min: 0, max: 3 });
  const claimsWithStandby = claims.chain((members) =>
    fc.tuple(
      ...members.map((member) =>
        fc
          .uniqueArray(fc.integer({ min: -1, max: 50 }), { maxLength: 20 })
          .map((standby) => ({ ...member, standby })),
      ),
    ),
  );

  it("of each partition are as many as asked for and none its owner, whatever the members claim", () => {
    fc.assert(
      fc.property(claimsWithStandby, partitionCount, replicaCount, (members, partitions, replicas) => {
        const given = generation(members, partitions, replicas);
        for (let partition = 0; partition < partitions; partition++) {
          const owners = given.filter(({ owned }) => owned.includes(partition));
          const standbys = given.filter(({ standby = [] }) => standby.includes(partition));
          expect([owners.length, standbys.length]).toEqual([1, Math.min(replicas, members.length - 1)]);
          expect(standbys).not.toContain(owners[0]);
        }
        expect(given.every(({ standby = [] }) => new Set(standby).size === standby.length)).toBe(true);
      }),
    );
  });

  it("are spread evenly over members that come from nothing", () => {
    fc.assert(
      fc.property(memberCount, partitionCount, replicaCount, (count, partitions, replicas) => {
        const loads = generation(fresh(count), partitions, replicas).map(
          ({ standby = [] }) => standby.length,
        );
        const wanted = partitions * Math.min(replicas, count - 1);
        expect(loads.reduce((sum, load) => sum + load, 0)).toBe(wanted);
        expect(Math.max(...loads)).toBeLessThanOrEqual(
          Math.ceil(wanted / count) + Math.ceil(partitions / count),
        );
      }),
    );
  });

  it("stay where they are when nobody came or went", () => {
    fc.assert(
      fc.property(memberCount, partitionCount, replicaCount, (count, partitions, replicas) => {
        const before = generation(fresh(count), partitions, replicas);
        const settled = generation(before, partitions, replicas);
        expect(generation(settled, partitions, replicas)).toEqual(settled);
        expect(settled.map(({ owned }) => owned)).toEqual(before.map(({ owned }) => owned));
      }),
    );
  });

  it("take over what a member leaves: of two members and one standby each, all of it", () => {
    fc.assert(
      fc.property(partitionCount, fc.boolean(), (partitions, first) => {
        const pair = generation(fresh(2), partitions, 1);
        const [left] = first ? pair : pair.toReversed();
        const { owned, standby = [] } = present(left);
        expect([...owned, ...standby].toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: partitions }, (_, p) => p),
        );
      }),
    );
  });

  it("are given what has no owner before others are", () => {
    const shares = assignPartitions(
      [
        { memberId: "a", owned: [0, 1], standby: [] },
        { memberId: "b", owned: [2, 3], standby: [5] },
        { memberId: "c", owned: [], standby: [4] },
      ],
      6,
    );
    expect([...shares].toSorted()).toEqual([
      ["a", [0, 1]],
      ["b", [2, 3]],
      ["c", [4, 5]],
    ]);
    const roomy = assignPartitions(
      [
        { memberId: "a", owned: [0], standby: [3] },
        { memberId: "b", owned: [1], standby: [2] },
      ],
      4,
    );
    expect([...roomy].toSorted()).toEqual([
      ["a", [0, 3]],
      ["b", [1, 2]],
    ]);
  });

  it("fall first to who owned the partition before: its disk may hold the state", () => {
    const members = [
      { memberId: "a", owned: [0, 1, 2, 3] },
      { memberId: "b", owned: [] },
      { memberId: "c", owned: [] },
    ];
    const shares = assignPartitions(members, 4);
    const [moved] = present(shares.get("c"));
    expect(assignStandbys(members, shares, 4, 1).get("a")).toContain(moved);
  });
});
