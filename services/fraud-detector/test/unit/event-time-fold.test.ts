// A bug here lets an account's history grow without end, or changes an alert because of a restart.

import type { Transaction } from "@riffle/contracts";
import type { KeyValueStore, PatternEvent } from "@riffle/streams";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alertOf } from "../../src/alert-of.ts";
import { EventTimeFold, type Fold, type FoldedKey } from "../../src/event-time-fold.ts";
import { noonMs, transaction } from "./detector.ts";

interface Sum {
  readonly sum: number;
  readonly lastMs: number;
}

type Folded = FoldedKey<Sum, Transaction>;

/** Raises an alert wherever the sum so far is a multiple of three: any event before changes all that come after. */
const fold: Fold<Sum, Transaction> = {
  step: (state, { eventTimeMs, value }) => {
    const sum = (state?.sum ?? 0) + value.amount;
    const finding = { evidence: [value] as const, steps: ["one"], reason: `a sum of ${sum}` };
    const head = { name: "velocity-burst", version: 1, severity: "low" } as const;
    return {
      state: { sum, lastMs: eventTimeMs },
      ...(sum % 3 === 0 ? { alert: alertOf(head, finding) } : {}),
    };
  },
  usefulUntilMs: ({ lastMs }) => lastMs + 1_000,
};

/** A store that is written and read as JSON where a test restarts. */
class JsonStore implements KeyValueStore<Folded> {
  readonly #values: Map<string, Folded>;

  constructor(values: Iterable<readonly [string, Folded]> = []) {
    this.#values = new Map(values);
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Folded | undefined {
    return this.#values.get(key);
  }

  put(key: string, value: Folded): void {
    this.#values.set(key, value);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  entries(): IterableIterator<[string, Folded]> {
    return this.#values.entries();
  }

  restored(): JsonStore {
    return new JsonStore(
      [...this.entries()].map(([key, value]) => [key, JSON.parse(JSON.stringify(value)) as Folded]),
    );
  }
}

type Event = PatternEvent<Transaction>;

interface RunOptions {
  readonly graceMs: number;
  readonly unsettledMax?: number;
  readonly weightOf?: (event: Transaction) => number;
  readonly restarts?: readonly boolean[];
}

/** Takes events in the order given; says which alerts stand, what was raised and withdrawn, and what was crowded out. */
const run = (events: readonly Event[], { restarts = [], ...options }: RunOptions) => {
  let store = new JsonStore();
  const crowdedOut: string[] = [];
  let inHand = "";
  const newFold = () =>
    new EventTimeFold(store, fold, { ...options, onCrowdedOut: () => crowdedOut.push(inHand) });
  let current = newFold();
  let streamTimeMs = 0;
  let pendingMax = 0;
  const lines = events.flatMap((event, i) => {
    if (restarts[i] === true) {
      store = store.restored();
      current = newFold();
    }
    inHand = event.value.id;
    streamTimeMs = Math.max(streamTimeMs, event.eventTimeMs);
    const alerts = current.observe("k", event, streamTimeMs);
    pendingMax = Math.max(pendingMax, store.get("k")?.pending.length ?? 0);
    return alerts.map(({ status, evidence }) => `${status} ${evidence[0]?.id}`);
  });
  const standing = new Set<string>();
  for (const line of lines) {
    const [status, id = ""] = line.split(" ");
    if (status === "raised") standing.add(id);
    else standing.delete(id);
  }
  return { lines, standing: [...standing].toSorted(), crowdedOut, pendingMax, store };
};

const eventAt = (atMs: number, offset: number, amount: number): Event => ({
  eventTimeMs: noonMs + atMs,
  offset,
  value: transaction(`t${offset}`, atMs, { amount }),
});

const events = (...times: readonly number[]): Event[] => times.map((atMs, i) => eventAt(atMs, i, 1));

describe("a key with more pending events than it may have", () => {
  const options = { graceMs: 100, unsettledMax: 4 };

  it("keeps the newer half, and what comes before that is crowded out", () => {
    const { store } = run(events(1, 2, 3, 4, 5), options);
    expect(store.get("k")?.pending.map(({ eventTimeMs }) => eventTimeMs - noonMs)).toEqual([4, 5]);
    expect(run(events(1, 2, 3, 4, 5, 2), options).crowdedOut).toEqual(["t5"]);
    expect(run(events(1, 2, 3, 4, 5, 3), options).crowdedOut).toEqual([]);
  });

  it("goes on in order as if nothing had happened", () => {
    const many = events(...Array.from({ length: 20 }, (_, i) => i));
    expect(run(many, options).lines).toEqual(run(many, { graceMs: 100 }).lines);
  });

  it("goes by what events weigh, and always keeps the newest", () => {
    const heavy = [eventAt(1, 0, 1), eventAt(2, 1, 1), eventAt(3, 2, 50)];
    const { store } = run(heavy, { graceMs: 100, unsettledMax: 10, weightOf: ({ amount }) => amount });
    expect(store.get("k")?.pending.map(({ value }) => value.amount)).toEqual([50]);
  });

  it("has its whole grace again once that has passed what was settled early", () => {
    const { crowdedOut, store } = run(events(1, 2, 3, 4, 5, 150, 60), options);
    expect([crowdedOut, store.get("k")?.settledEarly]).toEqual([[], undefined]);
  });
});

const arrivals = fc
  .array(fc.record({ atMs: fc.nat(40), amount: fc.integer({ min: 1, max: 4 }), restarts: fc.boolean() }), {
    maxLength: 25,
  })
  .map((all) => ({
    arriving: all.map(({ atMs, amount }, offset) => eventAt(atMs, offset, amount)),
    restarts: all.map(({ restarts }) => restarts),
  }));

describe("whatever arrives", () => {
  it("the alerts that stand are those of the events that were not crowded out, in order", () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 6 }), ({ arriving, restarts }, unsettledMax) => {
        const { standing, crowdedOut, pendingMax } = run(arriving, { graceMs: 60, unsettledMax, restarts });
        const inOrder = arriving
          .filter(({ value }) => !crowdedOut.includes(value.id))
          .toSorted((a, b) => a.eventTimeMs - b.eventTimeMs || a.offset - b.offset);
        expect(standing).toEqual(run(inOrder, { graceMs: 60 }).standing);
        expect(pendingMax).toBeLessThanOrEqual(unsettledMax);
      }),
    );
  });

  it("restarts change nothing that is given out", () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 6 }), ({ arriving, restarts }, unsettledMax) => {
        const options = { graceMs: 60, unsettledMax };
        const [plain, restarted] = [run(arriving, options), run(arriving, { ...options, restarts })];
        expect([restarted.lines, restarted.crowdedOut]).toEqual([plain.lines, plain.crowdedOut]);
      }),
    );
  });
});
