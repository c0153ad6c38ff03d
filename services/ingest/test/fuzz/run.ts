// Fuzzes a real ingest on a real Kafka, then compares answers and topic by id, and scans the log.
//
//   node bench/ingest.ts fuzz [requests] [seed]        default 300000 42; after `npx -y pnpm@10 build`
//
// Holds: no 5xx; the process lives; every accepted transaction is in Kafka exactly once and no refused one is; the log has no key,
// no digest and no card number; what lives on its heap after a collection does not grow with the requests (live-heap.ts).
// Prints what the memory of the process is made of along the way (memory-probe.ts).

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { allTopics, topics } from "@riffle/contracts";
import { makeApiKey } from "@riffle/service-kit/access";
import { connectAdmin, readTopic } from "@riffle/streams/kafka";
import { startKafka } from "../../../../infra/kafka/local-kafka.ts";
import { createPipelineTopics } from "../../../../infra/kafka/pipeline-topics.ts";
import { freePorts } from "../../../../infra/kafka/ports.ts";
import { type FuzzAnswer, Ledger } from "./ledger.ts";
import { heapFault, LiveHeap } from "./live-heap.ts";
import { type MemoryReading, memoryTable, readMemory } from "./memory-probe.ts";
import { cardCanary, type FuzzRequest, fuzzRequest } from "./requests.ts";

const requests = Number(process.argv[2] ?? 300_000);
const seed = Number(process.argv[3] ?? 42);
const connections = 32;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), "riffle-fuzz-"));
const { key, entry } = makeApiKey({ name: "fuzz", scopes: ["transactions:write"] });
const keyFile = join(folder, "keys.json");
const logFile = join(folder, "ingest.log");
writeFileSync(keyFile, JSON.stringify({ keys: [entry] }));

const agent = new Agent({ keepAlive: true, maxSockets: connections });

function send(port: number, { path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      agent,
      port,
      host: "127.0.0.1",
      method: "POST",
      path,
      headers: { ...headers, authorization: `Bearer ${key}`, "content-length": body.length },
    };
    const sending = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const isReplay = response.headers["idempotency-replayed"] !== undefined;
        resolve({ status: response.statusCode ?? 0, isReplay, body: text });
      });
      response.on("error", reject);
    });
    sending.on("error", reject);
    sending.end(body);
  });
}

async function untilReady(adminPort: number): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await delay(100);
  }
  throw new Error(`ingest is not ready after 30 s; its log: ${readFileSync(logFile, "utf8").slice(-2_000)}`);
}

interface Fuzzed {
  readonly ledger: Ledger;
  readonly memory: MemoryReading[];
  /** Bytes that live after a collection, along the way. */
  readonly live: number[];
}

async function fuzz(port: number, adminPort: number): Promise<Fuzzed> {
  const ledger = new Ledger();
  const memory: MemoryReading[] = [];
  const live: number[] = [];
  const heap = await LiveHeap.of(logFile);
  const look = async (sent: number): Promise<void> => {
    memory.push(await readMemory(adminPort, sent));
    live.push(await heap.read());
  };
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requests) {
      const n = next++;
      if (n % Math.ceil(requests / 10) === 0) await look(n);
      const sending = fuzzRequest("fuzz", seed, n, Date.now());
      try {
        ledger.note(sending.body, await send(port, sending), cardCanary);
      } catch (error) {
        ledger.faults.push(`request ${n} got no answer: ${String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  await look(requests);
  heap.close();
  return { ledger, memory, live };
}

async function recordedIds(brokers: readonly string[]): Promise<string[]> {
  const name = topics.transactionsReceived.name;
  const records = (await readTopic({ brokers, clientId: "fuzz", topic: name })).flat();
  return records.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()).id);
}

function logFaults(): string[] {
  const log = readFileSync(logFile, "utf8");
  const needles = {
    "the API key": key,
    "its digest": entry.sha256,
    "the card number": cardCanary,
    "the words of an unhandled rejection": "unhandled",
  };
  return Object.entries(needles).flatMap(([what, needle]) =>
    log.includes(needle) ? [`the log has ${what}`] : [],
  );
}

const kafka = await startKafka({ onProgress: say });
let child: ChildProcess | undefined;
try {
  const admin = await connectAdmin({ brokers: kafka.brokers, clientId: "fuzz-admin" });
  await createPipelineTopics(admin, allTopics, { replicationFactor: 1 });
  const [port = 0, adminPort = 0] = await freePorts(2);
  const script = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
  const env = {
    ...process.env,
    KAFKA_BROKERS: kafka.brokers.join(","),
    HTTP_PORT: String(port),
    ADMIN_PORT: String(adminPort),
    API_KEYS_FILE: keyFile,
    LOG_LEVEL: "trace",
    // A repeat in a batch cannot be told from the first by its answer, so none is remembered here.
    REPEAT_MEMORY_BYTES: "0",
    // So that a slow machine does not hide what is asked here.
    PRODUCE_DEADLINE_MS: "30000",
    EVENT_LOOP_DELAY_MS_MAX: "30000",
  };
  const log = openSync(logFile, "a");
  child = spawn(process.execPath, ["--inspect=127.0.0.1:0", script], { env, stdio: ["ignore", log, log] });
  await untilReady(adminPort);
  const startedAt = performance.now();
  const { ledger, memory, live } = await fuzz(port, adminPort);
  const seconds = (performance.now() - startedAt) / 1_000;
  const isAlive = child.exitCode === null && child.signalCode === null;
  const recorded = await recordedIds(kafka.brokers);
  const growth = heapFault(live);
  const faults = [
    ...(growth === undefined ? [] : [growth]),
    ...ledger.faults,
    ...ledger.differences(recorded),
    ...logFaults(),
    ...(isAlive ? [] : ["the process has ended"]),
  ];
  const statuses = [...ledger.statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${status}: ${count}`);
  say(`${requests} requests (seed ${seed}) in ${seconds.toFixed(0)} s on ${kafka.description}`);
  say(`  answers      ${statuses.join(", ")}`);
  say(`  accepted     ${ledger.owed}, recorded ${recorded.length}`);
  say("  memory, MiB");
  for (const line of memoryTable(memory)) say(`    ${line}`);
  say(`  live, MiB    ${live.map((bytes) => (bytes / 1_048_576).toFixed(1)).join(" ")}`);
  say(`  faults       ${faults.length}`);
  for (const fault of faults.slice(0, 10)) say(`    ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  if (child !== undefined && child.exitCode === null) {
    const gone = new Promise((resolve) => child?.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
  }
  agent.destroy();
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
