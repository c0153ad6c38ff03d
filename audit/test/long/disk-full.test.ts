// A bug here turns a full disk into a process that crashes again and again, or into a state that is wrong after it.
//
// The disk is full for real: a file system of its own where this machine lets one be mounted, and a limit on the size of
// files, which works everywhere (audit/faults/small-disk.ts).

import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectAdmin, IdempotentProducer, readTopic } from "@riffle/streams/kafka";
import { afterAll, afterEach, expect, inject, it } from "vitest";
import { onSmallDisk, type SmallDiskKind, smallDiskKinds } from "../../faults/small-disk.ts";
import { waitFor } from "../../pipeline/wait-for.ts";

const script = fileURLToPath(
  new URL("../../../packages/streams/test/harness/count-process.ts", import.meta.url),
);
const folder = mkdtempSync(join(tmpdir(), "riffle-small-"));
const kinds = smallDiskKinds(folder);
const children: ChildProcess[] = [];

const endAll = async (): Promise<void> => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
};

afterEach(endAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Room for a part of the state; then for none, from the start. A copy needs 16 MiB to spare on its file system. */
const disks: Readonly<Record<SmallDiskKind, readonly [first: number, second: number]>> = {
  "file system": [20 << 20, 8 << 20],
  "file size limit": [300 << 10, 40 << 10],
};

/** A counting service on a small disk, and what it said of its copies. */
const start = (kind: SmallDiskKind, bytes: number, service: string, failures: string[]): ChildProcess => {
  const brokers = inject("kafkaBrokers").join(",");
  const [program, ...args] = onSmallDisk(kind, folder, bytes, [
    process.execPath,
    ...[script, brokers, service, "0", folder],
  ]);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => failures.push(...text.trim().split("\n")));
  return child;
};

const kafka = () => ({ brokers: inject("kafkaBrokers"), clientId: "disk-full" });

/** Sends one record for each key, keys so long that the state outgrows the disk. */
const sendAll = async (topic: string, keys: number): Promise<void> => {
  const producer = await IdempotentProducer.connect({ ...kafka(), topics: [topic] });
  try {
    const record = {
      topic,
      value: Buffer.from("v"),
      timestampMs: 1_700_000_000_000,
      headers: { schema: "text/1" },
    };
    await Promise.all(
      Array.from({ length: keys }, (_, i) => producer.send({ ...record, key: `${i}`.padEnd(1_000, "k") })),
    );
  } finally {
    await producer.close();
  }
};

/** How often each text was committed. */
const answered = async (topic: string): Promise<Map<string, number>> => {
  const texts = (await readTopic({ ...kafka(), topic })).flat().map(({ value }) => String(value));
  const times = new Map<string, number>();
  for (const text of texts) times.set(text, (times.get(text) ?? 0) + 1);
  return times;
};

it("a limit on the size of files, at least, makes a disk small on this machine", () => {
  expect(kinds).toContain("file size limit");
});

it.each(kinds)(
  "a service whose disk is full counts on, says so, and after a kill -9 is whole: %s",
  async (kind) => {
    const service = `disk-${randomUUID().slice(0, 8)}`;
    const [input, output] = [`${service}-in`, `${service}-out`];
    const admin = await connectAdmin(kafka());
    const layout = { partitions: 3, replicationFactor: 1, configs: { "retention.ms": "-1" } };
    await admin.createTopics([input, output, `${service}-dlq`].map((name) => ({ name, ...layout })));
    await admin.close();
    const keys = 6_000;
    const [first, second] = disks[kind];
    for (const [round, bytes] of [first, second].entries()) {
      const failures: string[] = [];
      const child = start(kind, bytes, service, failures);
      await sendAll(input, keys);
      const expected = new Map(Array.from({ length: round + 1 }, (_, i) => [`v:${i + 1}`, keys]));
      await waitFor(
        `every record of round ${round + 1} to be counted, and the disk to have failed a copy`,
        async () => {
          expect([child.exitCode, child.signalCode]).toEqual([null, null]);
          return failures.length > 0 && (await answered(output)).get(`v:${round + 1}`) === keys;
        },
      );
      expect(await answered(output)).toEqual(expected);
      const code = kind === "file system" ? "STREAMS_STATE_DISK_FULL" : "";
      expect(failures.every((line) => line.startsWith("copy failed: ") && line.includes(code))).toBe(true);
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
      await endAll();
    }
  },
);
