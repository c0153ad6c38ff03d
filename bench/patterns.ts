// What a pattern costs: CPU per event, bytes of state, growth of the heap. One thread, no broker, no codec.
//
//   node bench/patterns.ts [events] [accounts]       after `npx -y pnpm@10 build`
//
// With `node --expose-gc` the heap figures are without garbage.
//
// Accounts are drawn by Zipf's law with exponent 1.0; the first of 100,000 has about 8 % of the events. CPU is that of
// the process, so it includes the garbage collector. Events are made before the clock starts.
//
// What it does not measure: reading and writing Kafka, JSON, the changelog, several patterns at once.

import { parseArgs } from "node:util";
import {
  compilePattern,
  type PatternEvent,
  PatternOperator,
  type PatternProgram,
  type PatternState,
  patternOf,
  skipPastLast,
  stepOwnedPattern,
} from "@riffle/streams";

const { positionals } = parseArgs({ allowPositionals: true });
const eventCount = Number(positionals[0] ?? 500_000);
const accountCount = Number(positionals[1] ?? 100_000);
const minuteMs = 60_000;

interface Purchase {
  readonly amount: number;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const collect = (globalThis as { gc?: () => void }).gc;
const heapBytes = (): number => {
  collect?.();
  return process.memoryUsage().heapUsed;
};

/** Mulberry32: the same numbers at every run. */
const random = ((): (() => number) => {
  let seed = 42;
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
})();

const accounts = Array.from({ length: accountCount }, (_, i) => `account-${i}`);
const cumulated = ((): Float64Array => {
  const sums = new Float64Array(accountCount);
  let sum = 0;
  for (let i = 0; i < accountCount; i++) {
    sum += 1 / (i + 1);
    sums[i] = sum;
  }
  return sums;
})();

const zipf = (): number => {
  const wanted = random() * (cumulated[accountCount - 1] ?? 1);
  let low = 0;
  let high = accountCount - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulated[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
};

interface Drawn {
  readonly key: string;
  readonly event: PatternEvent<Purchase>;
}

/** 60 % smalls below 100.00, 39.5 % others, 0.5 % above 1,000.00; `perSecond` events a second of event time. */
const draw = (count: number, perSecond: number, account: () => number = zipf): Drawn[] =>
  Array.from({ length: count }, (_, offset) => {
    const chance = random();
    const amount = chance < 0.6 ? 5_000 : chance < 0.995 ? 50_000 : 120_000;
    const eventTimeMs = Math.floor((offset * 1000) / perSecond);
    return { key: accounts[account()] ?? "", event: { eventTimeMs, offset, value: { amount } } };
  });

const small = ({ amount }: Purchase): boolean => amount < 10_000;
const middle = ({ amount }: Purchase): boolean => amount >= 10_000 && amount <= 100_000;
const large = ({ amount }: Purchase): boolean => amount > 100_000;

const cardTesting = patternOf<Purchase>()
  .begin("small")
  .where(small)
  .timesOrMore(3)
  .followedBy("large")
  .where(large)
  .within(5 * minuteMs)
  .afterMatch(skipPastLast({ evidence: "latest" }));

const sequence = (evidence: "earliest" | "latest") =>
  patternOf<Purchase>()
    .begin("small")
    .where(small)
    .followedBy("middle")
    .where(middle)
    .oneOrMore()
    .followedBy("large")
    .where(large)
    .within(5 * minuteMs)
    .afterMatch(skipPastLast({ evidence }));

interface Measured {
  readonly microsPerEvent: number;
  readonly matches: number;
}

/** CPU per event of this work, which says how many matches it found. */
const measure = (eventsCount: number, work: () => number): Measured => {
  const before = process.cpuUsage();
  const matches = work();
  const { user, system } = process.cpuUsage(before);
  return { microsPerEvent: (user + system) / eventsCount, matches };
};

/** The step function over a Map of states: what the automaton itself costs. */
const runSteps = <S extends string>(
  program: PatternProgram<Purchase, S>,
  events: readonly Drawn[],
  states = new Map<string, PatternState<Purchase>>(),
): Measured =>
  measure(events.length, () => {
    let found = 0;
    for (const { key, event } of events) {
      const before = states.get(key);
      const { state, matches } = stepOwnedPattern(program, before, event);
      found += matches.length;
      if (state === undefined) {
        if (before !== undefined) states.delete(key);
      } else if (state !== before) states.set(key, state);
    }
    return found;
  });

/** The operator over a store that is a Map: with time, eviction and, with grace, records out of order. */
const runOperator = <S extends string>(
  program: PatternProgram<Purchase, S>,
  events: readonly Drawn[],
  graceMs: number,
): Measured & { readonly keys: number; readonly stateBytes: number } => {
  const states = new Map();
  const store = {
    get: (key: string) => states.get(key),
    put: (key: string, value: unknown) => void states.set(key, value),
    delete: (key: string) => void states.delete(key),
    entries: () => states.entries(),
    get size() {
      return states.size;
    },
  };
  const operator = new PatternOperator(store, program, { graceMs });
  const measured = measure(events.length, () => {
    let found = 0;
    for (const { key, event } of events)
      for (const { kind } of operator.observe(key, event, event.eventTimeMs)) if (kind === "match") found++;
    return found;
  });
  let stateBytes = 0;
  for (const state of states.values()) stateBytes += JSON.stringify(state).length;
  return { ...measured, keys: states.size, stateBytes };
};

const report = (name: string, aim: string, { microsPerEvent, matches }: Measured): void =>
  say(
    `${name.padEnd(58)} ${microsPerEvent.toFixed(2).padStart(7)} µs CPU/event  ${aim.padEnd(14)} ${matches} matches`,
  );

/** The best of three: the other runs share the machine with more than this. */
const best = (run: () => Measured): Measured =>
  [run(), run(), run()].reduce((a, b) => (b.microsPerEvent < a.microsPerEvent ? b : a));

const perSecond = 5_000;
const events = draw(eventCount, perSecond);
say(
  `${eventCount} events, ${accountCount} accounts, Zipf 1.0, ${perSecond} events/s of event time, Node ${process.version}; best of three`,
);
if (collect === undefined) say("without --expose-gc: heap figures include garbage");

say("\nstep function alone");
const cardProgram = compilePattern(cardTesting);
report(
  "card testing, constant form",
  "(aim ≤ 1.0)",
  best(() => runSteps(cardProgram, events)),
);
const general = compilePattern(cardTesting, { constantForm: false });
report(
  "card testing, general automaton, pruned",
  "",
  best(() => runSteps(general, events)),
);
const sequenceLatest = compilePattern(sequence("latest"));
const sequenceEarliest = compilePattern(sequence("earliest"));
report(
  "a b+ c, latest evidence",
  "(aim ≤ 5)",
  best(() => runSteps(sequenceLatest, events)),
);
report(
  "a b+ c, earliest evidence",
  "(aim ≤ 5)",
  best(() => runSteps(sequenceEarliest, events)),
);

say("\noperator: store, time, eviction");
for (const graceMs of [0, 5_000, 30_000]) {
  report(
    `card testing, grace ${graceMs / 1000} s`,
    "",
    best(() => runOperator(cardProgram, events, graceMs)),
  );
  report(
    `a b+ c, latest evidence, grace ${graceMs / 1000} s`,
    "",
    best(() => runOperator(sequenceLatest, events, graceMs)),
  );
}

say("\nhot account: 100,000 smalls inside the window before the measured events");
const onlySmalls = (count: number, account: () => number): Drawn[] =>
  draw(count, 400_000, account).map(({ key, event }) => ({
    key,
    event: { ...event, value: { amount: 5_000 } },
  }));
const hotFill = onlySmalls(100_000, () => 0);
const later = (drawn: Drawn[]): Drawn[] =>
  drawn.map(({ key, event }) => ({
    key,
    event: { ...event, eventTimeMs: event.eventTimeMs + 1_000, offset: event.offset + 1_000_000 },
  }));
const hotCost = best(() => {
  const states = new Map<string, PatternState<Purchase>>();
  runSteps(cardProgram, hotFill, states);
  return runSteps(cardProgram, later(onlySmalls(200_000, () => 0)), states);
});
const coldCost = best(() =>
  runSteps(cardProgram, later(onlySmalls(200_000, () => Math.floor(random() * accountCount)))),
);
report("card testing, hot account", "", hotCost);
report("card testing, cold accounts (uniform)", "", coldCost);
say(`hot / cold = ${(hotCost.microsPerEvent / coldCost.microsPerEvent).toFixed(2)} (aim ≤ 2)`);

say("\nstate");
for (const [name, program] of [
  ["card testing", cardProgram],
  ["a b+ c, latest", sequenceLatest],
] as const) {
  for (const graceMs of [0, 5_000]) {
    const { keys, stateBytes } = runOperator(program as PatternProgram<Purchase, string>, events, graceMs);
    say(
      `${name}, grace ${graceMs / 1000} s: ${keys} active accounts, ${(stateBytes / keys).toFixed(0)} bytes of JSON per active account`,
    );
  }
}

say("\nheap after each million events, constant form, states kept in a Map, nothing evicted");
const states = new Map<string, PatternState<Purchase>>();
let previous = heapBytes();
for (let million = 1; million <= 3; million++) {
  const more = draw(1_000_000, perSecond);
  for (const { key, event } of more) {
    const moved = { ...event, eventTimeMs: event.eventTimeMs + million * 200_000 };
    const { state } = stepOwnedPattern(cardProgram, states.get(key), moved);
    if (state === undefined) states.delete(key);
    else states.set(key, state);
  }
  more.length = 0;
  const now = heapBytes();
  say(
    `  ${million}: ${((now - previous) / 2 ** 20).toFixed(1)} MiB more, ${states.size} accounts with state`,
  );
  previous = now;
}
