// Fail-overs, again and again, to a standby that has not heard of the last commits.
//
// As a rule a standby is a few milliseconds behind, so that the general runs seldom take one over that lacks a record which
// matters. Here nothing reaches the standby from some moment on until it owns the partition.

import { countScenario } from "./count-scenario.ts";
import type { DirectedRun } from "./directed.ts";
import { Site } from "./site.ts";
import type { SiteWorker, WorkerSettings } from "./site-worker.ts";

const behind = "a standby that was behind taken over";
const upToDate = "a standby that had everything taken over";

const takenOverMsMax = 30_000;

/** Owner and standby change places some four to eight times. */
export const failoverRun: DirectedRun = {
  name: "fail-overs",
  moments: [behind, upToDate],
  begin: (seed, { tampering }) => {
    const site = new Site({
      scenario: () => countScenario,
      seed,
      partitions: 1 + (seed % 2),
      nodes: 1 + (seed % 3),
      tampering,
    });
    return { site, script: () => script(site) };
  },
};

const script = async (site: Site): Promise<void> => {
  const { random } = site;
  const settings: WorkerSettings = {
    standbyReplicas: 1,
    failing: random.pick([0, 0, 0.01]),
    worker: { idleAfterMs: Number.MAX_SAFE_INTEGER, commitIntervalMsMax: random.pick([1, 100]) },
  };
  const partitions = site.cluster.partitionsOf(site.scenario.inputs[0].name).length;
  let owner = site.start(0, settings);
  site.write(2);
  await site.expect("the first runs", () => owner.partitions.length === partitions, takenOverMsMax);
  let standby = site.start(1, settings);
  for (let round = random.int(4, 8); round > 0; round--) {
    // With two partitions each has one, and stands by for the other's.
    const warm = () => owner.standbys.length + standby.standbys.length === partitions;
    await site.expect("each partition has a warm copy", warm, takenOverMsMax);
    await traffic(site, random.int(0, 4));
    await site.pass(random.between(0, 600));
    if (random.chance(0.85)) standby.holdStandbys();
    await traffic(site, random.int(1, 4));
    const heir = standby;
    heir.restored.length = 0;
    await fail(site, owner);
    await site.expect("the standby owns it all", () => heir.partitions.length === partitions, takenOverMsMax);
    for (const { from, records } of heir.restored)
      if (from === "standby") site.meet(records > 0 ? behind : upToDate);
    heir.releaseStandbys();
    await traffic(site, random.int(1, 3));
    await owner.kill();
    standby = site.start(owner.place, settings);
    owner = heir;
  }
};

/** Some input, a little apart. */
const traffic = async (site: Site, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    site.write(1);
    await site.pass(site.random.between(0, 150));
  }
};

/** The owner is gone, for good or for longer than its session. */
const fail = async (site: Site, owner: SiteWorker): Promise<void> => {
  const how = site.random.next();
  if (how < 0.6) await site.kill(owner);
  else if (how < 0.8) owner.stop();
  else owner.process.pause();
};
