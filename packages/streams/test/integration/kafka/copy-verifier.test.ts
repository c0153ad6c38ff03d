// A bug here calls a copy equal that has another byte than the changelog, or finds differences in one that is whole.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type VerifiedCopy, verifyCopies } from "../../../src/kafka/copy-verifier.ts";
import { crc32c } from "../../../src/kafka/crc32c.ts";
import { eventuallyCommitted, wireOptions } from "../../harness/cluster.ts";
import { eventually } from "../../harness/eventually.ts";
import {
  createService,
  eventuallyShared,
  openProducer,
  startWorker,
  toSend,
} from "../../harness/live-worker.ts";
import { emptyFolder } from "../../unit/state/store-rigs.ts";

const partitions = 3;

const verified = async (service: string, stateDir: string, partition?: number): Promise<VerifiedCopy[]> => {
  const found: VerifiedCopy[] = [];
  const options = { ...wireOptions(), stateDir, service, ...(partition === undefined ? {} : { partition }) };
  for await (const copy of verifyCopies(options)) found.push(copy);
  return found;
};

/** Counts of the copies are JSON, and LMDB lays them behind their keys. */
const counted = (key: string, count: number): string => `${key}${count}`;

/** Changes what is found in the data, and seals it as if it had been written so. @returns whether it was found */
const changeSealed = async (folder: string, from: string, to: string): Promise<boolean> => {
  const file = join(folder, "data.mdb");
  const bytes = await readFile(file);
  if (!bytes.includes(from)) return false;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at);
  await writeFile(file, bytes);
  await writeFile(join(folder, "seal"), JSON.stringify({ bytes: bytes.length, crc: crc32c(bytes) }));
  return true;
};

it("a copy is equal to its changelog while its worker runs and after, and a changed byte is found", async () => {
  const { stage, service, input, output } = await createService({}, partitions);
  const producer = await openProducer(input);
  const stateDir = await emptyFolder();
  const worker = await startWorker(stage, "0", { stateDir, checkpointIntervalMs: 100 });
  await eventuallyShared(partitions, worker);
  const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
  const send = (key: string, value: string): Promise<unknown> => producer.send(toSend(input, key, value));
  await Promise.all(keys.map((key) => send(key, "v")));
  await eventuallyCommitted(output, keys.length);
  await eventually("three copies, equal to their changelogs", async () => {
    const found = await verified(service, stateDir);
    return (
      found.length === partitions &&
      found.every(({ doubt, stores }) => doubt === undefined && stores[0]?.differences.length === 0)
    );
  });
  await Promise.all(keys.slice(0, 20).map((key) => send(key, "forget")));
  await Promise.all(keys.slice(40).map((key) => send(key, "v")));
  await eventuallyCommitted(output, keys.length + 40);
  await worker.stop();

  const whole = await verified(service, stateDir);
  const stores = whole.flatMap((copy) => copy.stores);
  expect(whole.map(({ doubt }) => doubt)).toEqual([undefined, undefined, undefined]);
  expect(stores.map(({ differences }) => differences)).toEqual([[], [], []]);
  const sum = (figure: (of: (typeof stores)[number]) => number): number =>
    stores.reduce((total, of) => total + figure(of), 0);
  expect([
    sum(({ equal }) => equal),
    sum(({ inChangelog }) => inChangelog),
    sum(({ onDisk }) => onDisk),
  ]).toEqual([40, 40, 40]);
  expect(sum(({ records }) => records)).toBe(100);

  const folders = Array.from({ length: partitions }, (_, i) => join(stateDir, service, String(i)));
  const changed = await Promise.all(
    folders.map((folder) => changeSealed(folder, counted("k45", 2), counted("k45", 3))),
  );
  expect(changed.filter((found) => found).length).toBe(1);
  const found = await verified(service, stateDir);
  expect(found.map(({ stores: [counts] }) => counts?.differences.map(({ kind }) => kind))).toEqual(
    changed.map((here) => (here ? ["differs"] : [])),
  );

  const file = join(stateDir, service, "1", "data.mdb");
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await writeFile(file, bytes);
  expect((await verified(service, stateDir, 1)).map(({ doubt }) => doubt)).toEqual(["damaged"]);
  expect((await verified(service, stateDir, 7)).map(({ doubt }) => doubt)).toEqual(["absent"]);
});
