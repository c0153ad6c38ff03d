// A bug here restores state that was never committed, half of what was, or what a damaged disk made of it.

import { appendFile, copyFile, cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LmdbEnvironment } from "../../../src/state/lmdb-environment.ts";
import { ownIdentity } from "../../../src/state/process-identity.ts";
import { StateDirectory } from "../../../src/state/state-directory.ts";
import { present } from "../../harness/eventually.ts";
import { textOf } from "../../harness/records.ts";
import { copiedStore, emptyFolder, facts, openCopy, startMs } from "./store-rigs.ts";

type Changes = Readonly<Record<string, string | null>>;

/** Writes changes and the offset after them, and closes. */
const written = async (folder: string, changes: Changes, offset: number): Promise<void> => {
  const copy = present((await openCopy(folder)).copy);
  for (const [key, value] of Object.entries(changes))
    copy.stage("s", { key, value: value === null ? null : Buffer.from(value) });
  copy.advance("s", offset);
  copy.cover(startMs);
  await copy.close();
};

/** What is in the folder, and why not if nothing is. */
const found = async (folder: string, more: Parameters<typeof openCopy>[1] = {}) => {
  const { copy, doubt } = await openCopy(folder, more);
  const entries = copy && [...copy.entries("s")].map(([key, value]) => `${key}=${value}`);
  const offset = copy?.offset("s");
  await copy?.discard();
  return { entries, offset, doubt };
};

const nothing = (doubt: string) => ({ entries: [], offset: undefined, doubt });

describe("a copy on disk", () => {
  it("is empty at first, and has what was written when it is opened again", async () => {
    const folder = await emptyFolder();
    expect(await found(folder)).toEqual(nothing("absent"));
    await written(folder, { a: "1", b: "2" }, 7);
    await written(folder, { b: null, c: "3" }, 9);
    expect(await found(folder)).toEqual({ entries: ["a=1", "c=3"], offset: 9, doubt: undefined });
  });

  it("is still believed after it was opened and the process was killed before it wrote", async () => {
    const folder = await emptyFolder();
    await written(folder, { a: "1" }, 7);
    await found(folder);
    expect(await found(folder)).toMatchObject({ entries: ["a=1"], doubt: undefined });
  });

  it("does not have what was staged and never written", async () => {
    const folder = await emptyFolder();
    await written(folder, { a: "1" }, 7);
    const copy = present((await openCopy(folder)).copy);
    copy.stage("s", { key: "a", value: Buffer.from("2") });
    copy.advance("s", 8);
    await copy.discard();
    expect(await found(folder)).toMatchObject({ entries: ["a=1"], offset: 7 });
  });

  it("is written whole in many slices, with what is staged meanwhile in the next", async () => {
    const folder = await emptyFolder();
    const copy = present((await openCopy(folder)).copy);
    copy.cover(startMs);
    for (let i = 0; i < 4_500; i++) copy.stage("s", { key: `k${i}`, value: Buffer.from("1") });
    copy.advance("s", 10);
    const writing = copy.write();
    copy.stage("s", { key: "later", value: Buffer.from("2") });
    copy.advance("s", 11);
    await writing;
    await copy.discard();
    const { entries, offset } = await found(folder);
    expect([entries?.length, entries?.includes("later=2"), offset]).toEqual([4_500, false, 10]);
  });

  it("keeps keys of any length", async () => {
    const folder = await emptyFolder();
    const keys = ["", "k".repeat(1_900), "k".repeat(1_901), "é".repeat(5_000)];
    await written(folder, Object.fromEntries(keys.map((key) => [key, "1"])), 1);
    expect((await found(folder)).entries?.toSorted()).toEqual(keys.map((key) => `${key}=1`).toSorted());
    await written(folder, Object.fromEntries(keys.map((key) => [key, null])), 2);
    expect((await found(folder)).entries).toEqual([]);
  });

  it("is due after its interval if something waits, and at once if much does", async () => {
    const copy = present((await openCopy(await emptyFolder())).copy);
    copy.cover(startMs);
    await copy.write();
    const soon = startMs + 9_999;
    expect([copy.isDue(soon), copy.isDue(startMs + 60_000)]).toEqual([false, false]);
    copy.stage("s", { key: "a", value: Buffer.from("1") });
    expect([copy.isDue(soon), copy.isDue(startMs + 60_000)]).toEqual([false, true]);
    copy.stage("s", { key: "b", value: Buffer.alloc(32 << 20) });
    expect([copy.isFull, copy.isDue(startMs)]).toEqual([true, true]);
  });

  it("of an idle task is written again before it grows old", async () => {
    const folder = await emptyFolder();
    const copy = present((await openCopy(folder)).copy);
    copy.cover(startMs);
    await copy.write();
    expect(copy.isDue(startMs + 600_000)).toBe(true);
  });
});

const data = (folder: string): string => join(folder, "data.mdb");

describe("a copy that was damaged", () => {
  const damages: readonly [string, string, (folder: string) => Promise<unknown>][] = [
    ["cut off in the middle", "damaged", async (folder) => truncate(data(folder), 5_000)],
    ["emptied", "damaged", async (folder) => truncate(data(folder), 0)],
    ["made longer", "damaged", (folder) => appendFile(data(folder), "x")],
    ["without its data", "damaged", (folder) => rm(data(folder))],
    ["without its seal", "unsealed", (folder) => rm(join(folder, "seal"))],
    ["with a seal that is no seal", "damaged", (folder) => writeFile(join(folder, "seal"), "{}")],
    ["with a seal that is not read", "unsealed", (folder) => writeFile(join(folder, "seal"), "{")],
  ];

  it.each(damages)("%s is removed as %s, and made anew", async (_, doubt, damage) => {
    const folder = await emptyFolder();
    await written(folder, { a: "1" }, 7);
    await damage(folder);
    expect(await found(folder)).toEqual(nothing(doubt));
    await written(folder, { b: "2" }, 9);
    expect(await found(folder)).toEqual({ entries: ["b=2"], offset: 9, doubt: undefined });
  });

  it("in any one byte is removed, never read", async () => {
    const folder = await emptyFolder();
    await written(folder, { a: "1", b: "2" }, 7);
    const [bytes, seal] = [await readFile(data(folder)), await readFile(join(folder, "seal"))];
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const harmed = Buffer.from(bytes);
        harmed.writeUInt8((bytes[at] ?? 0) ^ flip, at);
        await writeFile(data(folder), harmed);
        await writeFile(join(folder, "seal"), seal);
        expect(await found(folder)).toEqual(nothing("damaged"));
      }),
      { numRuns: 60 },
    );
  });

  it("of which only the data is an older one is removed", async () => {
    const [folder, older] = [await emptyFolder(), await emptyFolder()];
    await written(folder, { a: "1" }, 7);
    await copyFile(data(folder), data(older));
    await written(folder, { a: "2" }, 9);
    await copyFile(data(older), data(folder));
    expect(await found(folder)).toEqual(nothing("damaged"));
  });

  it("that is an older one as a whole is what it was then: the changelog after its offset is read", async () => {
    const [folder, older] = [await emptyFolder(), await emptyFolder()];
    await written(folder, { a: "1" }, 7);
    await cp(folder, older, { recursive: true });
    await written(folder, { a: "2" }, 9);
    expect(await found(older)).toEqual({ entries: ["a=1"], offset: 7, doubt: undefined });
  });

  it.each([
    ["no LMDB file", async (file: string) => writeFile(file, Buffer.alloc(20_480, 7))],
    [
      "of another version of LMDB",
      async (file: string) => {
        const bytes = await readFile(file);
        bytes.writeUInt32LE(3, 28);
        await writeFile(file, bytes);
      },
    ],
  ])("that is sealed but %s is removed before LMDB sees it", async (_, change) => {
    const folder = await emptyFolder();
    await written(folder, { a: "1" }, 7);
    await change(data(folder));
    const directory = present(StateDirectory.claim(folder));
    await directory.seal();
    directory.release();
    expect(await found(folder)).toEqual(nothing("unreadable"));
  });
});

describe("a copy that is not of this changelog", () => {
  it.each([
    ["other-topic", copiedStore("s", { facts: { ...facts, topicId: "made again" } })],
    ["other-cluster", copiedStore("s", { facts: { ...facts, clusterId: "another" } })],
    ["other-serde", copiedStore("s", { fingerprint: "binary" })],
    ["offset-out-of-range", copiedStore("s", { facts: { ...facts, endOffset: 6 } })],
    ["offset-out-of-range", copiedStore("s", { facts: { ...facts, startOffset: 8 } })],
    ["too-old", copiedStore("s", { facts: { ...facts, deleteRetentionMs: -1 } })],
  ])("is removed as %s", async (doubt, store) => {
    const folder = await emptyFolder();
    await written(folder, { a: "1" }, 7);
    expect(await found(folder, { stores: [store] })).toEqual(nothing(doubt));
  });
});

describe("a folder", () => {
  it("that is open is not opened twice, and nothing of it is touched", async () => {
    const folder = await emptyFolder();
    await written(folder, { a: "1" }, 7);
    const { copy } = await openCopy(folder);
    expect(await openCopy(folder)).toEqual({ copy: undefined, doubt: "locked" });
    await copy?.discard();
    expect(await found(folder)).toMatchObject({ entries: ["a=1"] });
  });

  it("that a live process has is not opened", async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, "owner"), JSON.stringify(ownIdentity()));
    expect(await found(folder)).toMatchObject({ entries: undefined, doubt: "locked" });
  });

  it.each([
    ["was killed, though its number is given again", { ...ownIdentity(), began: "another boot/1" }],
    ["ran on another host", { ...ownIdentity(), host: "elsewhere" }],
  ])("of a process that %s is taken over", async (_, owner) => {
    const folder = await emptyFolder();
    await written(folder, { a: "1" }, 7);
    await writeFile(join(folder, "owner"), JSON.stringify(owner));
    expect(await found(folder)).toMatchObject({ entries: ["a=1"], doubt: undefined });
  });
});

describe("a disk that fails", () => {
  it("ends the copy once, and leaves nothing that is believed", async () => {
    const folder = await emptyFolder();
    await written(folder, { a: "1" }, 7);
    const failures: unknown[] = [];
    const copy = present((await openCopy(folder, { failures })).copy);
    copy.stage("s", { key: "b", value: Buffer.from("2") });
    copy.stage("undeclared", { key: "c", value: Buffer.from("3") });
    await copy.write();
    copy.stage("s", { key: "d", value: Buffer.from("4") });
    await copy.write();
    await copy.close();
    expect(failures).toHaveLength(1);
    expect(await found(folder)).toEqual(nothing("unsealed"));
  });

  it("at opening leaves the task without a copy", async () => {
    const folder = join(await emptyFolder(), "file");
    await writeFile(folder, "a file where the folder should be");
    const failures: unknown[] = [];
    expect(await openCopy(folder, { failures })).toEqual({ copy: undefined, doubt: "failed" });
    expect(failures).toHaveLength(1);
  });
});

it("only the last environment that claimed a file writes to it", async () => {
  const folder = await emptyFolder();
  const [zombie, owner] = [LmdbEnvironment.open(folder, ["s"]), LmdbEnvironment.open(folder, ["s"])];
  zombie.claim();
  zombie.write([["s", { key: "a", value: Buffer.from("1") }]]);
  owner.claim();
  owner.write([["s", { key: "a", value: Buffer.from("2") }]]);
  expect(() => zombie.write([["s", { key: "a", value: Buffer.from("3") }]])).toThrow("another process");
  expect([...owner.entries("s")].map(([, value]) => textOf(value))).toEqual(["2"]);
  await zombie.close();
  await owner.close();
});
