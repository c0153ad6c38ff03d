// A bug here spoils a sound copy when the disk is full, gives one up that could go on, or fills the heap while it waits.

import { expect, it } from "vitest";
import { StreamsError } from "../../../src/errors.ts";
import { LocalCopy, type LocalCopyOptions } from "../../../src/state/local-copy.ts";
import { present } from "../../harness/eventually.ts";
import { copiedStore, emptyFolder, openCopy, startMs } from "./store-rigs.ts";

const intervalMs = 10_000;
/** More than any disk has free. */
const tooMuch = Number.MAX_SAFE_INTEGER;

/** A copy that has written `a=1` at offset 5, and the room that its disk has from now on. */
const written = async () => {
  const folder = await emptyFolder();
  const told: string[] = [];
  const disk = { spareBytes: 0, nowMs: startMs };
  const options: LocalCopyOptions = {
    folder,
    stores: [copiedStore()],
    now: () => disk.nowMs,
    intervalMs,
    get spareBytes() {
      return disk.spareBytes;
    },
    onFailure: (error, waits) =>
      told.push(`${error instanceof StreamsError ? error.code : error} ${waits ? "waits" : "ends"}`),
  };
  const copy = present((await LocalCopy.open(options)).copy);
  copy.stage("s", { key: "a", value: Buffer.from("1") });
  copy.advance("s", 5);
  copy.cover(startMs);
  await copy.write();
  return { folder, told, disk, copy, options };
};

const found = async (folder: string) => {
  const { copy, doubt } = await openCopy(folder);
  const entries = [...(copy?.entries("s") ?? [])].map(([key, value]) => `${key}=${value}`);
  const offset = copy?.offset("s");
  await copy?.discard();
  return { entries, offset, doubt };
};

it("a copy whose disk is full waits, says so once, and goes on when there is room", async () => {
  const { folder, told, disk, copy } = await written();
  disk.spareBytes = tooMuch;
  for (let offset = 6; offset <= 8; offset++) {
    copy.stage("s", { key: "b", value: Buffer.from(String(offset)) });
    copy.advance("s", offset);
    await copy.write();
    expect(copy.isDue(disk.nowMs)).toBe(false);
  }
  expect(told).toEqual(["STREAMS_STATE_DISK_FULL waits"]);
  disk.nowMs += intervalMs;
  expect(copy.isDue(disk.nowMs)).toBe(true);
  disk.spareBytes = 0;
  await copy.write();
  disk.spareBytes = tooMuch;
  copy.stage("s", { key: "c", value: Buffer.from("9") });
  await copy.write();
  expect(told).toEqual(["STREAMS_STATE_DISK_FULL waits", "STREAMS_STATE_DISK_FULL waits"]);
  await copy.close();
  expect(await found(folder)).toEqual({ entries: ["a=1", "b=8"], offset: 8, doubt: undefined });
});

it("what was sealed before the disk was full is as it was, and a restart begins from it", async () => {
  const { folder, disk, copy } = await written();
  disk.spareBytes = tooMuch;
  copy.stage("s", { key: "a", value: Buffer.from("2") });
  copy.advance("s", 6);
  await copy.close();
  expect(await found(folder)).toEqual({ entries: ["a=1"], offset: 5, doubt: undefined });
});

it("a copy for which too much waits is given up, so that the heap does not fill", async () => {
  const { folder, told, disk, copy } = await written();
  disk.spareBytes = tooMuch;
  for (let key = 0; !copy.isFull; key++) copy.stage("s", { key: `k${key}`, value: Buffer.alloc(1 << 20) });
  await copy.write();
  expect(told).toEqual(["STREAMS_STATE_DISK_FULL ends"]);
  expect([copy.isFull, copy.isDue(disk.nowMs + intervalMs)]).toEqual([false, false]);
  await copy.close();
  expect(await found(folder)).toEqual({ entries: ["a=1"], offset: 5, doubt: undefined });
});

it("on a disk that is full from the start there is no copy, and what is there is left for the next start", async () => {
  const { folder, told, disk, copy, options } = await written();
  await copy.close();
  disk.spareBytes = tooMuch;
  expect(await LocalCopy.open(options)).toEqual({ copy: undefined, doubt: "failed" });
  expect(told).toEqual(["STREAMS_STATE_DISK_FULL ends"]);
  expect(await found(folder)).toEqual({ entries: ["a=1"], offset: 5, doubt: undefined });
});
