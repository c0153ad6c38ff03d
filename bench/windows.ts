// What a record costs in the windows: CPU per event, single thread, no broker.
//
//   node bench/windows.ts [events per second of event time] [case]        after `npx -y pnpm@10 build`
//
// 100,000 accounts by Zipf 1.0, 5 % of the records up to 2 s out of order, grace 5 s. Each case runs in a process of its
// own: two million events to warm up, two million measured. CPU is user and system time of all threads of the process, so
// garbage collection is in it. "logged" is the same with the changelog of every 10,000 events written as JSON, which is
// what a commit adds.
//
// What it does not measure: Kafka, decoding, making the keys (they are there as strings), encoding what is told.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { choice, number } from "@riffle/infra/command-line/values";
import {
  aggregates,
  count,
  distinct,
  HoppingWindows,
  jsonSerde,
  type KeyValueStore,
  quantiles,
  SessionWindows,
  SlidingWindows,
  sum,
  TumblingWindows,
  totals,
  type WindowOperator,
} from "@riffle/streams";

const accounts = 100_000;
const million = 1_000_000;
const minuteMs = 60_000;
const batchSize = 500;
const commitSize = 10_000;
/** The median of slices forgives a neighbour on the machine for a while; the best one shows what is possible. */
const sliceCount = 20;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A store like a task's: a map that knows which keys changed. */
class BenchStore<V> implements KeyValueStore<V> {
  readonly #entries = new Map<string, V>();
  readonly #changed = new Set<string>();
  readonly #serde = jsonSerde<V>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  put(key: string, value: V): void {
    this.#entries.set(key, value);
    this.#changed.add(key);
  }

  delete(key: string): void {
    this.#entries.delete(key);
    this.#changed.add(key);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }

  /** Bytes that the commit writes; none when only the keys are to be forgotten. */
  commit(isLogged: boolean): number {
    let bytes = 0;
    if (isLogged) {
      for (const key of this.#changed) {
        const value = this.#entries.get(key);
        if (value !== undefined) bytes += this.#serde.serialize(value).length;
      }
    }
    this.#changed.clear();
    return bytes;
  }

  clear(): void {
    this.#entries.clear();
    this.#changed.clear();
  }

  jsonBytes(): number {
    let bytes = 0;
    for (const value of this.#entries.values()) bytes += this.#serde.serialize(value).length;
    return bytes;
  }
}

/** xorshift32: the same traffic in every run. */
const seeded = (seed: number) => {
  let state = seed;
  return (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

const keys = Array.from({ length: accounts }, (_, i) => `EURacc_${i}`);

/** Accounts by Zipf 1.0: the first is drawn twice as often as the second. */
const zipf = (draws: number): Int32Array => {
  const random = seeded(42);
  const cumulative = new Float64Array(accounts);
  let total = 0;
  for (let i = 0; i < accounts; i++) cumulative[i] = total += 1 / (i + 1);
  return Int32Array.from({ length: draws }, () => {
    const at = random() * total;
    let [low, high] = [0, accounts - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  });
};

const drawn = zipf(million);
const delays = Float64Array.from({ length: million }, seeded(7)).map((r) =>
  r < 0.05 ? Math.floor(r * 40_000) : 0,
);
const amounts = Int32Array.from(Float64Array.from({ length: million }, seeded(9)), (r) => 1 + r * 100_000);

interface Case {
  readonly name: string;
  readonly aimMicros?: number;
  readonly logged?: boolean;
  /** How many to warm up with, and to measure; fewer where each takes long. */
  readonly events?: number;
  make(store: BenchStore<never>): WindowOperator<number, unknown>;
}

const graceMs = 5_000;
const spending = totals((amount: number) => amount);
const hopping = { sizeMs: 5 * minuteMs, advanceMs: minuteMs, graceMs };
const composed = aggregates({ count: count(), total: sum((amount: number) => amount) });
const sketches = aggregates({
  people: distinct((amount: number) => keys[amount % 1_000] ?? ""),
  spread: quantiles([0.5, 0.99], (amount: number) => amount),
});

const cases: readonly Case[] = [
  {
    name: "hopping 5 min / 1 min, totals",
    aimMicros: 1,
    make: (store) => new HoppingWindows(store, { ...hopping, aggregate: spending }),
  },
  {
    name: "hopping 5 min / 1 min, totals, logged",
    logged: true,
    make: (store) => new HoppingWindows(store, { ...hopping, aggregate: spending }),
  },
  {
    name: "hopping 60 min / 1 min, totals",
    make: (store) => new HoppingWindows(store, { ...hopping, sizeMs: 60 * minuteMs, aggregate: spending }),
  },
  {
    name: "hopping 5 min / 1 min, aggregates({ count, sum })",
    make: (store) => new HoppingWindows(store, { ...hopping, aggregate: composed }),
  },
  {
    name: "tumbling 5 min, totals",
    make: (store) => new TumblingWindows(store, { sizeMs: 5 * minuteMs, graceMs, aggregate: spending }),
  },
  {
    name: "tumbling 5 min, distinct and quantiles",
    make: (store) => new TumblingWindows(store, { sizeMs: 5 * minuteMs, graceMs, aggregate: sketches }),
  },
  {
    name: "sliding 5 min, totals, told at each record",
    events: million / 2,
    make: (store) => new SlidingWindows(store, { sizeMs: 5 * minuteMs, graceMs, aggregate: spending }),
  },
  {
    name: "sliding 5 min to the second, totals, told at each record",
    make: (store) =>
      new SlidingWindows(store, {
        sizeMs: 5 * minuteMs,
        resolutionMs: 1_000,
        graceMs,
        aggregate: spending,
      }),
  },
  {
    name: "session gap 5 min, totals",
    make: (store) => new SessionWindows(store, { gapMs: 5 * minuteMs, graceMs, aggregate: spending }),
  },
  {
    name: "session gap 10 s, totals",
    make: (store) => new SessionWindows(store, { gapMs: 10_000, graceMs, aggregate: spending }),
  },
];

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const heapBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

class Run {
  readonly store = new BenchStore<never>();
  readonly #operator: WindowOperator<number, unknown>;
  readonly #logged: boolean;
  told = 0;
  late = 0;
  #sent = 0;
  #streamTimeMs = 0;
  readonly #emit = (): void => {
    this.told++;
  };

  constructor({ make, logged = false }: Case) {
    this.#operator = make(this.store);
    this.#logged = logged;
  }

  send(events: number): void {
    for (let i = 0; i < events; i++) {
      const at = this.#sent++;
      const dice = at % million;
      const timestampMs =
        1_800_000_000_000 + Math.floor((at * 1_000) / eventsPerSecond) - (delays[dice] ?? 0);
      if (timestampMs > this.#streamTimeMs) this.#streamTimeMs = timestampMs;
      const missed = this.#operator.observe(
        {
          key: keys[drawn[dice] ?? 0] ?? "",
          timestampMs,
          value: amounts[dice] ?? 0,
          streamTimeMs: this.#streamTimeMs,
        },
        this.#emit,
      );
      this.late += missed.length;
      if (at % batchSize === 0) this.#operator.closeDue(this.#streamTimeMs, this.#emit);
      if (at % commitSize === 0) this.store.commit(this.#logged);
    }
  }

  forget(): void {
    this.store.clear();
    this.#operator.closeDue(Number.MAX_SAFE_INTEGER, this.#emit);
  }
}

const ofOne = choice(
  "one alone, in this process; else all, each in its own",
  cases.map(({ name }) => name),
  undefined,
);
const { rate: eventsPerSecond, case: chosen } = commandLine({
  command: "node bench/windows.ts",
  does: "What a record costs in the windows: CPU per event, one thread, no broker.",
  operands: {
    rate: number("events per second of event time", 5_000, { min: 1 }),
    case: { ...ofOne, shape: "<case>" },
  },
});

const measure = (of: Case): void => {
  const run = new Run(of);
  const { events = 2 * million } = of;
  run.send(Math.max(million, events));
  const heapBefore = heapBytes();
  run.told = 0;
  const slices: number[] = [];
  for (let i = 0; i < sliceCount; i++) {
    const before = process.cpuUsage();
    run.send(events / sliceCount);
    const { user, system } = process.cpuUsage(before);
    slices.push(((user + system) * sliceCount) / events);
  }
  slices.sort((a, b) => a - b);
  const told = run.told;
  const heapAfter = heapBytes();
  const active = run.store.size;
  const json = run.store.jsonBytes();
  run.forget();
  const state = heapAfter - heapBytes();
  const [best, median] = [slices[0] ?? 0, slices[sliceCount >> 1] ?? 0];
  const growth = ((heapAfter - heapBefore) * million) / events / 2 ** 20;
  const aim = of.aimMicros === undefined ? "" : ` (aim ${of.aimMicros.toFixed(1)})`;
  say(`${of.name}`);
  say(
    `  ${median.toFixed(2)} µs CPU per event${aim}, ${best.toFixed(2)} in the best of ${sliceCount} slices; ${(told / events).toFixed(2)} results per event, ${run.late} late`,
  );
  say(
    `  ${active} active accounts, ${Math.round(state / Math.max(1, active))} bytes of heap and ${Math.round(json / Math.max(1, active))} bytes of JSON each; heap ${growth >= 0 ? "+" : ""}${growth.toFixed(1)} MiB per million events`,
  );
};

if (chosen === undefined) {
  say(
    `${accounts} accounts, Zipf 1.0, ${eventsPerSecond} events per second of event time, Node ${process.version}`,
  );
  for (const { name } of cases) {
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), String(eventsPerSecond), name], {
      stdio: "inherit",
    });
  }
} else {
  for (const of of cases) if (of.name === chosen) measure(of);
}
