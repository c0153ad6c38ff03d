// Copies on the local disk: processes die at any moment and come back on what they left, on an older disk, on another place's,
// or on one whose files do not belong together.
//
//   C1. A copy whose bytes are not those that were sealed is not believed, nor one that is so old that tombstones may have gone
//       from the changelog. Every other one is.
//   C2. Whatever is sealed is the truth so far: with what its changelog has from its offset on it comes to what the changelog
//       alone comes to. So it holds nothing that was not committed, and its offset is not ahead of what it holds.
//
// The files are real, so how long a writing takes depends on the machine, and with it when the next one is due. On a disk
// that takes less than half a second it makes no difference.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CopySnapshot } from "../../src/state/copy-snapshot.ts";
import { Violation, visible } from "../../src/testing/simulation/oracle.ts";
import { changelogsOf } from "../../src/testing/simulation/reference.ts";
import { countScenario } from "./count-scenario.ts";
import type { DirectedRun } from "./directed.ts";
import { Disk, fateOf, isWhole, type Picture, write } from "./disk.ts";
import { Site } from "./site.ts";
import type { SiteWorker, WorkerSettings } from "./site-worker.ts";

const moments = {
  believed: "a copy believed",
  behind: "a copy believed that was behind the changelog",
  torn: "a copy whose files did not belong together",
  old: "a copy too old to be believed",
  fromStandby: "taken over from a standby that keeps a copy",
  lost: "a commit failed while a copy was kept",
  opening: "killed while it opened its copy",
} as const;

/** Copies are too old at half of it; shorter ones leave no room for standbys. */
const deleteRetentionMs = 120_000;
const ownedMsMax = 30_000;

interface Copies {
  readonly site: Site;
  readonly root: string;
  readonly disks: readonly Disk[];
  readonly settings: WorkerSettings;
  /** Everything that was ever on a disk and whole. */
  readonly pictures: { readonly picture: Picture; readonly changelogEnd: number }[];
}

/** Lives and deaths on a disk. */
export const copiesRun: DirectedRun = {
  name: "copies",
  moments: Object.values(moments),
  begin: (seed, { tampering }) => {
    const site = new Site({
      scenario: () => countScenario,
      seed,
      partitions: 1,
      nodes: 1 + (seed % 2),
      tampering,
      onDisk: true,
      changelogConfigs: { "delete.retention.ms": String(deleteRetentionMs) },
    });
    const { random } = site;
    const root = mkdtempSync(join(tmpdir(), "riffle-copies-"));
    const places = random.pick([1, 2, 2]);
    const { service } = site.scenario.stage(() => {});
    const disks = Array.from(
      { length: places },
      (_, place) => new Disk(join(root, `place-${place}`), join(service, "0")),
    );
    const settings: WorkerSettings = {
      standbyReplicas: places > 1 && random.chance(0.4) ? 1 : 0,
      failing: random.pick([0, 0.02]),
      worker: {
        idleAfterMs: Number.MAX_SAFE_INTEGER,
        checkpointIntervalMs: 10_000,
        commitIntervalMsMax: random.pick([1, 100]),
      },
    };
    const copies: Copies = { site, root, disks, settings, pictures: [] };
    return {
      site,
      script: () => script(copies),
      check: () => judgePictures(copies),
      clean: () => rmSync(root, { recursive: true, force: true }),
    };
  },
};

const script = async (copies: Copies): Promise<void> => {
  const { site, disks } = copies;
  const { random } = site;
  site.write(2);
  for (const place of disks.keys()) begin(copies, place, { data: undefined, seal: undefined });
  for (let round = random.int(4, 8); round > 0; round--) {
    await site.expect("somebody runs", () => ownerOf(site) !== undefined, ownedMsMax);
    if (random.chance(0.4))
      site.weather = { requestLost: 0.02, answerLost: 0.02, target: "EndTxn", targetFactor: 10 };
    await traffic(site, random.int(1, 6));
    await site.pass(random.pick([0, 500, 11_000, 21_000]));
    for (const disk of disks) remember(copies, disk.picture());
    await traffic(site, random.int(0, 3));
    const worker = random.chance(0.8) ? ownerOf(site) : site.workers[0];
    if (worker !== undefined) await succeed(copies, worker);
    site.weather = {};
  }
};

/** A worker ends, is away for a while, and another comes in its place. */
const succeed = async (copies: Copies, worker: SiteWorker): Promise<void> => {
  const { site } = copies;
  const { random } = site;
  const left = await end(copies, worker);
  if (worker.failures.length > 0) site.meet(moments.lost);
  if (random.chance(0.4)) await traffic(site, random.int(1, 3));
  await site.pass(random.pick([0, 0, 200, 5_000, 5_000, deleteRetentionMs / 2 + ownedMsMax]));
  const fate = fateOf(
    random,
    left,
    copies.pictures.map(({ picture }) => picture),
  );
  site.note(`the disk of place ${worker.place} is ${fate.name}`);
  const next = begin(copies, worker.place, fate.picture);
  if (random.chance(0.15)) {
    await site.pass(random.between(1, 40));
    site.meet(moments.opening);
    begin(copies, worker.place, await end(copies, next));
    return;
  }
  const coveredAtMs = await coveredAtMsOf(copies, fate.picture);
  await site.until(() => next.restored.length > 0 || next.doubts.length > 0, ownedMsMax);
  judgeOpening(site, next, fate.picture, site.scheduler.now - coveredAtMs);
};

const begin = ({ site, disks, settings }: Copies, place: number, picture: Picture): SiteWorker => {
  const stateDir = disks[place]?.next(picture) ?? "";
  return site.start(place, { ...settings, worker: { ...settings.worker, stateDir } });
};

/** @returns what it has left on its disk */
const end = async (copies: Copies, worker: SiteWorker): Promise<Picture> => {
  const { site, disks } = copies;
  const disk = disks[worker.place];
  if (disk === undefined) throw new RangeError(`there is no place ${worker.place}`);
  if (site.random.chance(0.25)) {
    worker.stop();
    await site.until(() => !worker.alive, ownedMsMax);
  }
  if (worker.restored.some(({ from }) => from === "standby")) site.meet(moments.fromStandby);
  const picture = disk.picture();
  if (worker.alive) await site.kill(worker);
  remember(copies, picture);
  return picture;
};

const remember = ({ site, pictures }: Copies, picture: Picture): void => {
  if (!isWhole(picture)) return;
  const [changelog] = changelogsOf(site.scenario.stage(() => {}));
  const log = site.cluster.partition({ topic: changelog ?? "", partition: 0 })?.log;
  pictures.push({ picture, changelogEnd: log?.highWatermark ?? 0 });
};

const ownerOf = (site: Site): SiteWorker | undefined =>
  site.workers.find(({ partitions }) => partitions.includes(0));

const traffic = async (site: Site, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    site.write(1);
    await site.pass(site.random.between(0, 200));
  }
};

/** Of what it has written since it began nothing is known to be older than this; 0 when there is nothing. */
const coveredAtMsOf = async (copies: Copies, picture: Picture): Promise<number> => {
  const read = isWhole(picture) ? await look(copies, picture) : undefined;
  return read?.coveredAtMs ?? 0;
};

/** C1. Near the age at which a copy is too old either is right. */
const judgeOpening = (site: Site, worker: SiteWorker, picture: Picture, ageMs: number): void => {
  const { doubts, copyFailures } = worker;
  const [restored] = worker.restored;
  const isBelieved = restored?.from === "checkpoint" || (restored?.from === "standby" && doubts.length === 0);
  const oldAtMs = deleteRetentionMs / 2;
  if (copyFailures.length > 0) throw new Violation(`A copy has failed: ${copyFailures}`);
  if (!isWhole(picture)) {
    if (picture.data !== undefined) site.meet(moments.torn);
    if (restored?.from === "checkpoint")
      throw new Violation("A copy was believed though its bytes are not those that were sealed (C1).");
    return;
  }
  if (ageMs > oldAtMs + ownedMsMax) {
    site.meet(moments.old);
    if (restored?.from === "checkpoint")
      throw new Violation("A copy was believed though it is too old (C1).");
    return;
  }
  if (ageMs < oldAtMs && (doubts.length > 0 || (restored !== undefined && !isBelieved)))
    throw new Violation(`A copy that is whole was not believed: ${doubts.join() || "for no reason"} (C1).`);
  if (restored?.from === "checkpoint") site.meet(restored.records > 0 ? moments.behind : moments.believed);
};

interface Read {
  readonly coveredAtMs: number;
  readonly offset: number;
  readonly entries: ReadonlyMap<string, Buffer>;
}

/** What a whole picture holds. */
const look = async ({ root, site }: Copies, picture: Picture): Promise<Read> => {
  const folder = mkdtempSync(join(root, "look-"));
  write(folder, picture);
  const taken = await CopySnapshot.take(folder, 1);
  if (!("snapshot" in taken)) throw new Violation(`What was sealed cannot be read: ${taken.doubt}`);
  const { snapshot } = taken;
  try {
    const [store] = Object.entries(snapshot.checkpoint.stores);
    if (store === undefined) throw new Violation(`A copy of ${site.scenario.name} names no store.`);
    const [name, { offset }] = store;
    const entries = new Map(
      [...snapshot.entries(name)].map(
        ([key, value]) => [key.toString("latin1"), Buffer.from(value)] as const,
      ),
    );
    return { coveredAtMs: snapshot.checkpoint.coveredAtMs, offset, entries };
  } finally {
    await snapshot.close();
  }
};

/** C2. */
const judgePictures = async (copies: Copies): Promise<void> => {
  const { site, pictures } = copies;
  const [changelog] = changelogsOf(site.scenario.stage(() => {}));
  const log = site.cluster.partition({ topic: changelog ?? "", partition: 0 })?.log;
  const records = log === undefined ? [] : visible(log);
  const seals = new Set<string>();
  for (const { picture, changelogEnd } of pictures) {
    const seal = String(picture.seal);
    if (seals.has(seal)) continue;
    seals.add(seal);
    const { offset: from, entries } = await look(copies, picture);
    const [continued, replayed] = [new Map(entries), new Map<string, Buffer>()];
    for (const { offset, key, value } of records) {
      if (offset >= changelogEnd) break;
      const name = Buffer.from(key ?? []).toString("latin1");
      for (const state of offset < from ? [replayed] : [replayed, continued]) {
        if (value === null) state.delete(name);
        else state.set(name, Buffer.from(value));
      }
    }
    for (const name of new Set([...continued.keys(), ...replayed.keys()])) {
      const [has, should] = [continued.get(name), replayed.get(name)];
      if (String(has) !== String(should))
        throw new Violation(
          `A copy that was sealed, at offset ${from}, comes to ${name} = ${has} at ${changelogEnd}; the changelog comes to ${should} (C2).`,
        );
    }
  }
};
