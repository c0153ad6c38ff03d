// Loads the live feed over real sockets; run by bench/console-feed.ts.
//
//   disconnects [cuts] [events a second] [clients]      default 1000 2000 10
//   clients [clients] [events a second] [seconds]       default 500 100 20
//   slow [seconds a run] [events a second] [clients]    default 15 2000 5
//
// Exits with 1 when a client has a gap or a double. The server is a process of its own, without Kafka (feed-process.ts).

import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { eventually } from "../harness/eventually.ts";
import type { FeedProcessState } from "./feed-process.ts";

const [what = "", ...given] = process.argv.slice(2);
const numberAt = (at: number, standard: number): number => Number(given[at] ?? standard);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const wholeMs = 120_000;

/** The server's process. */
class Server {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<Server> {
    const child = fork(fileURLToPath(new URL("feed-process.ts", import.meta.url)));
    const { port } = await answerOf(child);
    return new Server(child, port);
  }

  /** Changes the flow; without a rate it only asks. */
  async tell(rate?: number): Promise<FeedProcessState> {
    const answer = answerOf(this.#child);
    this.#child.send(rate === undefined ? {} : { rate });
    return await answer;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

const answerOf = (child: ChildProcess): Promise<FeedProcessState> =>
  new Promise((resolve, reject) => {
    child.once("message", (message) => resolve(message as FeedProcessState));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });

interface Message {
  readonly type: string;
  readonly cursor: string;
  readonly partition: number;
  readonly offset: number;
  readonly skipped?: number;
  readonly data: { readonly metadata: { readonly stamp: string } };
}

/** A client that must be given every transaction once, in order, however often it is cut off. */
class Follower {
  /** Next offset of each partition. */
  readonly next: number[] = [0, 0, 0, 0];
  readonly faults: string[] = [];
  readonly latenciesMs: number[] = [];
  caughtUp = 0;
  skipped = 0;
  closedWith: number | undefined;
  #peer: WebSocket;
  #cursor = "earliest";
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
    this.#peer = this.#open();
  }

  get events(): number {
    return sum(this.next);
  }

  /** Is cut off without a word, and comes back with the cursor of the last message it has read. */
  cut(): void {
    this.#peer.removeAllListeners("message");
    this.#peer.terminate();
    this.#peer = this.#open();
  }

  goDeaf(): void {
    this.#peer.pause();
  }

  listen(): void {
    this.#peer.resume();
  }

  leave(): void {
    this.#peer.terminate();
  }

  #open(): WebSocket {
    const query = `topics=transactions&figures=0&cursor=${this.#cursor}`;
    const peer = new WebSocket(`ws://127.0.0.1:${this.#port}/v1/feed?${query}`);
    peer.on("message", (bytes) => this.#take(JSON.parse(String(bytes)) as Message));
    peer.on("error", () => undefined);
    peer.on("close", (code) => {
      if (peer === this.#peer) this.closedWith = code;
    });
    return peer;
  }

  #take(message: Message): void {
    this.#cursor = message.cursor;
    if (message.type === "caught-up") this.caughtUp++;
    else if (message.type === "slow") this.skipped = message.skipped ?? 0;
    else if (message.type !== "event") this.faults.push(message.type);
    else {
      const { partition, offset, data } = message;
      const due = this.next[partition] ?? 0;
      if (offset !== due) this.faults.push(`partition ${partition}: offset ${offset} where ${due} was due`);
      this.next[partition] = offset + 1;
      this.latenciesMs.push(Date.now() - Number(data.metadata.stamp));
    }
  }
}

async function disconnects(cuts: number, rate: number, clients: number): Promise<void> {
  const server = await Server.start();
  const followers = Array.from({ length: clients }, () => new Follower(server.port));
  await eventually("all are connected", () => followers.every(({ caughtUp }) => caughtUp === 1));
  await server.tell(rate);
  const startMs = performance.now();
  for (let cut = 0; cut < cuts; cut++) {
    followers[Math.floor(Math.random() * clients)]?.cut();
    // Some 25 a second: a client has about as long as it takes to come back, read and be cut again.
    await delay(Math.random() * 80);
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const { counts } = await server.tell(0);
  const all = sum(counts);
  await eventually("all have all", () => followers.every(({ events }) => events >= all), wholeMs);
  server.stop();
  const faults = followers.flatMap((follower) => follower.faults);
  say(
    `${cuts} cuts in ${seconds.toFixed(1)} s, ${clients} clients, ${all} events (${Math.round(all / seconds)}/s)`,
  );
  say(
    `deliveries ${sum(followers.map(({ events }) => events))} of ${clients * all}; caught up ${sum(followers.map(({ caughtUp }) => caughtUp))} times`,
  );
  say(`gaps, doubles, resets: ${faults.length}${faults.length === 0 ? "" : `, the first: ${faults[0]}`}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
  for (const follower of followers) follower.leave();
}

async function clients(count: number, rate: number, seconds: number): Promise<void> {
  const server = await Server.start();
  const measure = async (label: string, heard: () => number): Promise<void> => {
    const before = await server.tell();
    const [heardBefore, startMs] = [heard(), performance.now()];
    await delay(seconds * 1_000);
    const after = await server.tell();
    const passedMs = performance.now() - startMs;
    const events = sum(after.counts) - sum(before.counts);
    const messages = heard() - heardBefore;
    const cpu = ((after.cpuMs - before.cpuMs) / passedMs) * 100;
    say(
      `${label}: ${Math.round((events * 1_000) / passedMs)} events/s, ${Math.round((messages * 1_000) / passedMs)} messages/s, CPU ${cpu.toFixed(0)} % of a core, RSS ${(after.rssBytes / 2 ** 20).toFixed(0)} MiB`,
    );
  };
  await server.tell(rate);
  await measure("0 clients", () => 0);
  let messages = 0;
  let closed = 0;
  const peers = Array.from({ length: count }, () => {
    const peer = new WebSocket(`ws://127.0.0.1:${server.port}/v1/feed?topics=transactions`);
    peer.on("message", () => messages++);
    peer.on("close", () => closed++);
    peer.on("error", () => undefined);
    return peer;
  });
  await eventually(
    "all are connected",
    () => peers.every(({ readyState }) => readyState === WebSocket.OPEN),
    wholeMs,
  );
  await measure(`${count} clients`, () => messages);
  say(`closed by the server: ${closed}`);
  server.stop();
  for (const peer of peers) peer.terminate();
}

async function slowRun(deaf: boolean, seconds: number, rate: number, count: number): Promise<string> {
  const server = await Server.start();
  const followers = Array.from({ length: count }, () => new Follower(server.port));
  const still = new Follower(server.port);
  await eventually("all are connected", () => [...followers, still].every(({ caughtUp }) => caughtUp === 1));
  if (deaf) still.goDeaf();
  await server.tell(rate);
  await delay(seconds * 1_000);
  const { counts } = await server.tell(0);
  const all = sum(counts);
  await eventually("all who read have all", () => followers.every(({ events }) => events >= all), wholeMs);
  still.listen();
  await eventually(
    "the other has all, or was closed",
    () => still.events >= all || still.closedWith !== undefined,
    wholeMs,
  );
  const latencies = followers.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  const end =
    still.closedWith === undefined
      ? `had all ${still.events}`
      : `closed ${still.closedWith} after ${still.events}, ${still.skipped} skipped`;
  server.stop();
  for (const follower of [...followers, still]) {
    for (const fault of follower.faults) throw new Error(fault);
    follower.leave();
  }
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms over ${latencies.length} deliveries; the one ${end}`;
}

if (what === "disconnects") await disconnects(numberAt(0, 1_000), numberAt(1, 2_000), numberAt(2, 10));
else if (what === "clients") await clients(numberAt(0, 500), numberAt(1, 100), numberAt(2, 20));
else if (what === "slow") {
  for (const deaf of [false, true, true, false]) {
    const label = deaf ? "one reads nothing" : "all read";
    say(`${label}: ${await slowRun(deaf, numberAt(0, 15), numberAt(1, 2_000), numberAt(2, 5))}`);
  }
} else {
  process.stderr.write("disconnects, clients or slow?\n");
  process.exitCode = 64;
}
