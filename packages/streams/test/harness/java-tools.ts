// Kafka's own command-line tools, as the other opinion on what a topic holds.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { inject } from "vitest";
import { toolsClassPath } from "../../../../infra/kafka/local-kafka.ts";
import { present } from "./eventually.ts";

const run = promisify(execFile);
/** A JVM for one command: small, and quick to start. */
const jvmFlags = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
const withinMs = 40_000;

/** A record as Kafka's console consumer prints it. */
export interface PrintedRecord {
  readonly offset: number;
  readonly value: string;
}

/** The first `count` committed records of a topic of one partition, read by Kafka's own consumer. */
export const consoleConsumer = async (
  topic: string,
  count: number,
  brokers: readonly string[] = inject("kafkaBrokers"),
): Promise<PrintedRecord[]> => {
  const { stdout } = await run(
    "java",
    [
      ...jvmFlags,
      ...["-cp", await toolsClassPath(), "org.apache.kafka.tools.consumer.ConsoleConsumer"],
      ...["--bootstrap-server", brokers.join(","), "--topic", topic, "--from-beginning"],
      ...["--isolation-level", "read_committed", "--max-messages", String(count), "--timeout-ms", "30000"],
      ...["--formatter-property", "print.offset=true"],
    ],
    { timeout: withinMs, maxBuffer: 64 << 20 },
  );
  return stdout
    .split("\n")
    .map((line) => /^Offset:(?<offset>\d+)\t(?<value>\S+)$/.exec(line)?.groups)
    .filter((groups) => groups !== undefined)
    .map((groups) => ({ offset: Number(groups["offset"]), value: present(groups["value"]) }));
};

/** Has Kafka's own producer write each line as a record, packed by `compression`. */
export const consoleProducer = async (
  topic: string,
  compression: string,
  lines: readonly string[],
  brokers: readonly string[] = inject("kafkaBrokers"),
): Promise<void> => {
  const child = spawn(
    "java",
    [
      ...jvmFlags,
      ...["-cp", await toolsClassPath(), "org.apache.kafka.tools.ConsoleProducer"],
      ...["--bootstrap-server", brokers.join(","), "--topic", topic, "--compression-codec", compression],
      // Large batches, so that a codec's own blocks end inside them.
      ...["--command-property", "batch.size=500000", "--command-property", "linger.ms=500"],
    ],
    { stdio: ["pipe", "ignore", "pipe"], timeout: withinMs },
  );
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.stdin.end(`${lines.join("\n")}\n`);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`the console producer ended with ${code}: ${complaint}`);
};
