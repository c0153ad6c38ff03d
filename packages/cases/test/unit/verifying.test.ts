// A bug here would look like this: somebody with access to the broker rewrites who closed a case as harmless, and the proof
// says that all is well, or accuses an honest event.
import { createHash } from "node:crypto";
import type { CaseEvent } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/canonical.ts";
import { hashOf, sealed } from "../../src/chain.ts";
import { fold } from "../../src/evolve.ts";
import { verifyChain, verifyLog } from "../../src/verify.ts";
import { asOnceWritten, story, ToldCase } from "../harness/story.ts";

const faultOf = (events: readonly CaseEvent[]) => {
  const report = verifyChain(events);
  return report.ok ? undefined : report.fault;
};

/** A case of five events, by two people. */
const five = (): readonly CaseEvent[] => {
  const told = new ToldCase();
  told.person("ann", { command: "assign", assignee: "ann" });
  told.person("ann", { command: "comment", text: "called the holder" });
  told.person("bob", { command: "set-disposition", disposition: "confirmed-fraud" });
  told.person("bob", { command: "close" });
  return told.events;
};

const at = (events: readonly CaseEvent[], place: number): CaseEvent => events[place] as CaseEvent;

describe("the hash", () => {
  it("is SHA-256 over the schema, a line feed and the sorted JSON without the hash", () => {
    const event = at(five(), 1);
    const text = `case-event/2\n{"accountId":"acct-1","assignee":"ann","at":"2026-03-01T12:00:00.000Z","by":"ann","caseId":"${event.caseId}","commandId":"c-1","previousHash":"${event.previousHash}","type":"assigned","version":2}`;
    expect(event.hash).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("of an event of version 1 is over what version 1 wrote", () => {
    const [, assigned] = asOnceWritten(five());
    const { caseId, previousHash, hash } = assigned as CaseEvent;
    const text = `case-event/1\n{"accountId":"acct-1","at":"2026-03-01T12:00:00.000Z","by":"ann","caseId":"${caseId}","change":{"to":"ann","type":"assigned"},"previousHash":"${previousHash}","version":2}`;
    expect(hash).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("does not depend on the order in which members were written", () => {
    expect(canonicalJson({ b: 1, a: [{ d: null, c: "é\n" }], e: undefined })).toBe(
      '{"a":[{"c":"é\\n","d":null}],"b":1}',
    );
    const event = at(five(), 2);
    expect(hashOf(Object.fromEntries(Object.entries(event).toReversed()) as unknown as CaseEvent)).toBe(
      event.hash,
    );
  });
});

describe("a chain that nobody touched", () => {
  it("is proven, with the case that it makes, in either version", () => {
    fc.assert(
      fc.property(story, (steps) => {
        const { events, state } = new ToldCase().tell(steps);
        expect(verifyChain(events)).toMatchObject({
          ok: true,
          version: events.length,
          lastHash: state.lastHash,
          state,
        });
        expect(verifyChain(asOnceWritten(events)).ok).toBe(true);
      }),
    );
  });

  it("needs an event", () => {
    expect(() => verifyChain([])).toThrow(RangeError);
  });
});

describe("in a chain of any story", () => {
  const harmed = fc.tuple(story, fc.nat(), fc.nat()).map(([steps, a, b]) => {
    const { events } = new ToldCase().tell(steps);
    return { events, first: a % events.length, second: b % events.length };
  });

  it("a changed event is named", () => {
    fc.assert(
      fc.property(harmed, fc.constantFrom("by", "at", "accountId", "caseId"), ({ events, first }, field) => {
        const other = {
          by: "eve",
          at: "2026-03-01T11:00:00Z",
          accountId: "acct-2",
          caseId: `cs_${"9".repeat(32)}`,
        }[field];
        const changed = events.with(first, { ...at(events, first), [field]: other } as CaseEvent);
        expect(faultOf(changed)).toMatchObject({ kind: "changed", at: first, version: first + 1 });
      }),
    );
  });

  it("a changed event with a new hash is named by what follows it", () => {
    fc.assert(
      fc.property(harmed, ({ events, first }) => {
        fc.pre(first < events.length - 1);
        const { hash: _, ...content } = at(events, first);
        const changed = events.with(first, sealed({ ...content, by: "eve" }));
        expect(faultOf(changed)).toMatchObject({ kind: "changed", at: first, version: first + 1 });
      }),
    );
  });

  it("a removed event is named", () => {
    fc.assert(
      fc.property(harmed, ({ events, first }) => {
        fc.pre(first < events.length - 1);
        expect(faultOf(events.toSpliced(first, 1))).toMatchObject({
          kind: "removed",
          version: first + 1,
          at: first,
        });
      }),
    );
  });

  it("two events that changed places are named by the first that is out of place", () => {
    fc.assert(
      fc.property(harmed, ({ events, first, second }) => {
        fc.pre(first !== second);
        const [low, high] = first < second ? [first, second] : [second, first];
        const swapped = events.with(low, at(events, high)).with(high, at(events, low));
        expect(faultOf(swapped)).toMatchObject({ kind: "re-ordered", at: low, version: high + 1 });
      }),
    );
  });

  it("an event that is there twice is named", () => {
    fc.assert(
      fc.property(harmed, ({ events, first }) => {
        const twice = events.toSpliced(first + 1, 0, at(events, first));
        expect(faultOf(twice)).toMatchObject({ kind: "repeated", at: first + 1, version: first + 1 });
      }),
    );
  });
});

describe("a chain", () => {
  it("of version 1 is judged by what version 1 wrote", () => {
    const old = asOnceWritten(five());
    const changed = old.with(3, { ...at(old, 3), disposition: "false-positive" } as CaseEvent);
    expect(faultOf(changed)).toMatchObject({ kind: "changed", version: 4 });
  });

  it("with an event of another case is told so", () => {
    const other = new ToldCase(`cs_${"1".repeat(32)}`).events;
    expect(faultOf([...five(), ...other])).toMatchObject({ kind: "foreign", at: 5 });
  });

  it("with another event of the same version behind it is changed there", () => {
    const events = five();
    const { hash: _, ...content } = at(events, 2);
    expect(faultOf(events.toSpliced(3, 0, sealed({ ...content, by: "eve" })))).toMatchObject({
      kind: "changed",
      at: 3,
      version: 3,
    });
  });

  it("whose hashes hold and whose event can not follow is impossible", () => {
    const events = five();
    const last = at(events, 4);
    const { hash: _, ...content } = { ...at(events, 2), version: 6, previousHash: last.hash, at: last.at };
    expect(faultOf([...events, sealed(content)])).toMatchObject({ kind: "impossible", version: 6 });
  });

  it("that begins after another event is changed at its first", () => {
    const { hash: _, ...content } = at(five(), 0);
    expect(faultOf([sealed({ ...content, previousHash: "a".repeat(64) })])).toMatchObject({
      kind: "changed",
      version: 1,
    });
  });
});

describe("a log", () => {
  it("is proven case by case, and each snapshot by its events", () => {
    const events = five();
    const other = new ToldCase(at(events, 0).caseId).events;
    const snapshots = [fold(events.slice(0, 2)), fold(events)].flatMap((state) => state ?? []);
    const log = events.flatMap((event, i) => [event, ...other.slice(i, i + 1)]);
    expect(verifyLog({ events: log, snapshots })).toEqual({ cases: 2, events: 6, snapshots: 2, faults: [] });
  });

  it("whose end was cut off is found by a snapshot beyond it", () => {
    const events = five();
    const snapshots = [fold(events)].flatMap((state) => state ?? []);
    const { faults } = verifyLog({ events: events.slice(0, 3), snapshots });
    expect(faults).toMatchObject([{ kind: "removed", version: 4 }]);
    expect(verifyLog({ events: [], snapshots }).faults).toMatchObject([{ kind: "removed", version: 1 }]);
  });

  it("whose end was written anew is found by a snapshot", () => {
    const events = five();
    const snapshots = [fold(events)].flatMap((state) => state ?? []);
    const { hash: _, ...content } = at(events, 4);
    const { faults } = verifyLog({ events: events.with(4, sealed({ ...content, by: "eve" })), snapshots });
    expect(faults).toMatchObject([{ kind: "snapshot-differs", version: 5 }]);
  });

  it("with two open cases of one account is wrong", () => {
    const first = new ToldCase();
    const second = new ToldCase(first.state.id);
    const { faults } = verifyLog({ events: [...first.events, ...second.events] });
    expect(faults).toMatchObject([{ kind: "impossible", caseId: second.state.id }]);
  });
});
