// A bug here makes a member of another version, or of none we know, stop the whole group, or lose what it holds.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readClaims, readStandbys, writeClaims, writeStandbys } from "../../../src/kafka/member-claims.ts";

const numbers = fc.uniqueArray(fc.nat(1_000));

describe("claims", () => {
  it("come back as they were written", () => {
    fc.assert(
      fc.property(numbers, numbers, (owned, standby) => {
        expect(readClaims(writeClaims({ owned, standby }))).toEqual({ owned, standby });
        expect(readStandbys(writeStandbys(standby))).toEqual(standby.toSorted((a, b) => a - b));
      }),
    );
  });

  it("without standbys are the list that versions without standbys write and read", () => {
    expect(writeClaims({ owned: [2, 0], standby: [] }).toString()).toBe("[2,0]");
    expect(readClaims(Buffer.from("[1,3]"))).toEqual({ owned: [1, 3], standby: [] });
    expect(writeStandbys([]).length).toBe(0);
  });

  it("that cannot be read are none", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const { owned, standby } = readClaims(bytes);
        expect([...owned, ...standby].every(Number.isInteger)).toBe(true);
      }),
    );
    for (const text of ["", "null", "7", '"x"', "{", '{"owned":3,"standby":["a",1.5,null]}'])
      expect(readClaims(Buffer.from(text))).toEqual({ owned: [], standby: [] });
    expect([readClaims(null), readClaims(undefined)].map(({ owned }) => owned)).toEqual([[], []]);
  });
});
