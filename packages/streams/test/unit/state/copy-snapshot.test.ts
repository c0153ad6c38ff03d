// A bug here reads a copy while it is written, and reports damage that is none; or disturbs the process that owns it.

import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CopySnapshot } from "../../../src/state/copy-snapshot.ts";
import { present } from "../../harness/eventually.ts";
import { emptyFolder, openCopy, startMs } from "./store-rigs.ts";

const taken = async (folder: string) => {
  const found = await CopySnapshot.take(folder, 2);
  if ("doubt" in found) return found.doubt;
  const { snapshot } = found;
  const entries = [...snapshot.entries("s")].map(([key, value]) => `${key}=${value}`);
  const offset = snapshot.checkpoint.stores["s"]?.offset;
  await snapshot.close();
  return { entries, offset };
};

/** A sealed copy of `a=1`, still open. */
const written = async () => {
  const folder = await emptyFolder();
  const copy = present((await openCopy(folder)).copy);
  copy.stage("s", { key: "a", value: Buffer.from("1") });
  copy.advance("s", 5);
  copy.cover(startMs);
  await copy.write();
  return { folder, copy };
};

it("shows what was sealed while the owner has the copy open, and changes nothing in its folder", async () => {
  const { folder, copy } = await written();
  const before = await Promise.all(
    (await readdir(folder)).map(async (name) => [name, (await stat(join(folder, name))).mtimeMs]),
  );
  expect(await taken(folder)).toEqual({ entries: ["a=1"], offset: 5 });
  const after = await Promise.all(
    (await readdir(folder)).map(async (name) => [name, (await stat(join(folder, name))).mtimeMs]),
  );
  expect(after).toEqual(before);
  copy.stage("s", { key: "b", value: Buffer.from("2") });
  copy.advance("s", 6);
  await copy.write();
  expect(await taken(folder)).toEqual({ entries: ["a=1", "b=2"], offset: 6 });
});

it("says what is wrong with bytes that are not those that were sealed", async () => {
  const { folder, copy } = await written();
  await copy.close();
  const file = join(folder, "data.mdb");
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await writeFile(file, bytes);
  expect(await taken(folder)).toBe("damaged");
  await rm(join(folder, "seal"));
  expect(await taken(folder)).toBe("unsealed");
  await rm(file);
  expect(await taken(folder)).toBe("absent");
});
