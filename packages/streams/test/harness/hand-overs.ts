// Hand-overs by the hundred: processes of the counting stage that are killed, stopped past their session and woken, and
// whose number changes between one, four and two, while records come.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { brokers, committedTexts } from "./cluster.ts";
import { createService, openProducer, toSend } from "./live-worker.ts";

const script = fileURLToPath(new URL("count-process.ts", import.meta.url));
const keys = Array.from({ length: 24 }, (_, i) => `acct-${i}`);
const partitions = 8;
/** Longer than the session that the processes have (count-process.ts). */
const pauseMs = 7_500;
/** How many processes there shall be, one after the other. */
const sizes = [1, 4, 2] as const;

/** What was done, and what came of it. */
export interface HandOvers {
  readonly kills: number;
  readonly zombies: number;
  readonly resizes: number;
  /** Records sent of each key. */
  readonly rounds: number;
  /** The counts that were said for each key, in order: 1, 2, 3 … when each record had exactly one effect. */
  readonly counts: ReadonlyMap<string, readonly number[]>;
}

/** The processes, by instance. */
class Fleet {
  readonly #service: string;
  readonly #processes = new Map<number, ChildProcess>();

  constructor(service: string) {
    this.#service = service;
  }

  get size(): number {
    return this.#processes.size;
  }

  start(instance: number): void {
    const args = [script, brokers().join(","), this.#service, String(instance), "", "0"];
    this.#processes.set(instance, spawn(process.execPath, args, { stdio: "ignore" }));
  }

  /** Ends it at once; nobody is told. */
  async kill(instance: number): Promise<void> {
    const child = this.#processes.get(instance);
    this.#processes.delete(instance);
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  signal(instance: number, signal: "SIGSTOP" | "SIGCONT"): void {
    this.#processes.get(instance)?.kill(signal);
  }

  /** Starts what has ended by itself: a zombie that learned it had been replaced. */
  revive(): void {
    for (const [instance, { exitCode }] of this.#processes) if (exitCode !== null) this.start(instance);
  }

  async resize(size: number): Promise<void> {
    for (let instance = this.size; instance < size; instance++) this.start(instance);
    for (let instance = this.size - 1; instance >= size; instance--) await this.kill(instance);
  }
}

/** A sequence that looks random and is the same for a seed. */
const sequence = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % below;
  };
};

const countsOf = (texts: readonly string[]): Map<string, number[]> => {
  const counts = new Map<string, number[]>();
  for (const text of texts) {
    const [key = "", said = ""] = text.split("=");
    const known = counts.get(key);
    if (known === undefined) counts.set(key, [Number(said.split(":")[1])]);
    else known.push(Number(said.split(":")[1]));
  }
  return counts;
};

/**
 * Hands over so often, then lets everything settle.
 *
 * @param settleWithinMs how long the last records may take once nothing is broken any more
 */
export const handOver = async (times: number, seed: number, settleWithinMs: number): Promise<HandOvers> => {
  const { service, input, output } = await createService({}, partitions);
  const producer = await openProducer(input);
  const random = sequence(seed);
  const fleet = new Fleet(service);
  const done = { kills: 0, zombies: 0, resizes: 0, rounds: 0 };
  let loading = true;
  const load = (async () => {
    for (; loading; done.rounds++) {
      await Promise.all(keys.map((key) => producer.send(toSend(input, key, `${done.rounds}`))));
      await delay(50);
    }
  })();
  try {
    await fleet.resize(2);
    for (let i = 0; i < times; i++) {
      const instance = random(fleet.size);
      const act = random(20);
      if (act === 0 && fleet.size > 1) {
        fleet.signal(instance, "SIGSTOP");
        await delay(pauseMs);
        fleet.signal(instance, "SIGCONT");
        done.zombies++;
      } else if (act < 3) {
        await fleet.resize(sizes[done.resizes++ % sizes.length] ?? 1);
      } else {
        await fleet.kill(instance);
        fleet.start(instance);
        done.kills++;
      }
      // Before it is ready, while it restores, while it works.
      await delay(random(3_000));
      fleet.revive();
    }
    loading = false;
    await load;
    const deadline = performance.now() + settleWithinMs;
    let texts = await committedTexts(output);
    while (texts.length < done.rounds * keys.length && performance.now() < deadline) {
      fleet.revive();
      await delay(200);
      texts = await committedTexts(output);
    }
    return { ...done, counts: countsOf(texts) };
  } finally {
    loading = false;
    await load;
    await fleet.resize(0);
  }
};
