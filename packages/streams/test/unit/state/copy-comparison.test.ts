// A bug here calls a copy sound that would change a result, or doubts one that would not.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CopyComparison } from "../../../src/state/copy-comparison.ts";

interface LogRecord {
  readonly key: string;
  readonly value: string | null;
}

const bytes = (text: string): Buffer => Buffer.from(text);

/** The state that a log comes to, as a restart would build it. */
const stateOf = (
  log: readonly LogRecord[],
  from: Iterable<readonly [string, string]> = [],
): Map<string, string> => {
  const state = new Map(from);
  for (const { key, value } of log) {
    if (value === null) state.delete(key);
    else state.set(key, value);
  }
  return state;
};

const compare = (copy: ReadonlyMap<string, string>, offset: number, log: readonly LogRecord[]) => {
  const comparison = new CopyComparison(
    [...copy].map(([key, value]) => [bytes(key), bytes(value)] as const),
    offset,
  );
  for (const [at, { key, value }] of log.entries())
    comparison.record(at, bytes(key), value === null ? null : bytes(value));
  return comparison.result();
};

const logs = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b", "c", "ä"),
    value: fc.option(fc.constantFrom("1", "2", "3")),
  }),
  { maxLength: 20 },
);

describe("a copy", () => {
  it("that holds what the changelog has before its offset is equal, wherever that is", () => {
    fc.assert(
      fc.property(logs, fc.nat(20), (log, at) => {
        const offset = Math.min(at, log.length);
        const found = compare(stateOf(log.slice(0, offset)), offset, log);
        const state = stateOf(log);
        expect(found).toEqual({
          onDisk: stateOf(log.slice(0, offset)).size,
          inChangelog: state.size,
          records: log.length,
          recordsAfter: log.length - offset,
          equal: state.size,
          differences: [],
        });
      }),
    );
  });

  it("is called different exactly when a restart from it gives another state, and by as many keys", () => {
    const copies = fc.dictionary(fc.constantFrom("a", "b", "c", "ä"), fc.constantFrom("1", "2", "3"));
    fc.assert(
      fc.property(logs, copies, fc.nat(20), (log, copied, at) => {
        const offset = Math.min(at, log.length);
        const [fromCopy, plain] = [stateOf(log.slice(offset), Object.entries(copied)), stateOf(log)];
        const keys = new Set([...fromCopy.keys(), ...plain.keys()]);
        const different = [...keys].filter((key) => fromCopy.get(key) !== plain.get(key));
        const found = compare(new Map(Object.entries(copied)), offset, log);
        expect([found.differences.length, found.equal]).toEqual([
          different.length,
          keys.size - different.length,
        ]);
      }),
    );
  });

  it("ahead of its offset is equal: what follows is read again", () => {
    const log = [
      { key: "a", value: "1" },
      { key: "a", value: "2" },
    ];
    expect(compare(new Map([["a", "2"]]), 1, log).differences).toEqual([]);
  });

  it("is told by kind and by the hash of the key, never by the key", () => {
    const copy = new Map([
      ["account-1", "1"],
      ["account-2", "x"],
    ]);
    const log = [
      { key: "account-2", value: "2" },
      { key: "account-3", value: "3" },
    ];
    const { differences } = compare(copy, 2, log);
    expect(differences.map(({ kind }) => kind).toSorted()).toEqual([
      "differs",
      "only-in-changelog",
      "only-on-disk",
    ]);
    expect(differences.every(({ keyHash }) => /^[0-9a-f]{16}$/.test(keyHash))).toBe(true);
  });
});
