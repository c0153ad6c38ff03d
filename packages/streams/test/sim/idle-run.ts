// Silence: bursts of records of now, and after each nobody sends for a while, from less than what counts as idle to many times
// that; processes die, stall and are cut off in both.

import { Violation } from "../../src/testing/simulation/oracle.ts";
import type { DirectedRun } from "./directed.ts";
import { IdleJournal } from "./idle-journal.ts";
import { IdleOracle } from "./idle-oracle.ts";
import { idleScenario, nothingIsLeftAfterMs } from "./idle-scenario.ts";
import { Site } from "./site.ts";
import type { WorkerSettings } from "./site-worker.ts";

const moments = {
  toldInSilence: "told while nobody sent",
  killedInSilence: "killed while nobody sent",
  stalled: "stalled for longer than idle means",
  deaf: "cut off from the input for longer than idle means",
  openTransaction: "silence behind a transaction of the input that was open",
  settled: "everything told, nothing kept, no lag",
} as const;

/** A round trip, a wait for records and a commit. */
const slackMs = 1_000;
const settledMsMax = 60_000;

/** What runs of silence have in them. */
export interface IdleOptions {
  /** Whether processes stall, or hear nothing of the input, for longer than idle means. */
  readonly standsStill: boolean;
}

interface Idle {
  readonly site: Site;
  readonly oracle: IdleOracle;
  readonly idleAfterMs: number;
  readonly settings: WorkerSettings;
  readonly places: number;
  readonly standsStill: boolean;
}

/** Runs of silence. */
export const silences = (name: string, { standsStill }: IdleOptions): DirectedRun => ({
  name,
  moments: Object.values(moments).filter(
    (moment) => standsStill || (moment !== moments.stalled && moment !== moments.deaf),
  ),
  begin: (seed, { tampering }) => {
    const idleAfterMs = [500, 1_000, 5_000][seed % 3] ?? 5_000;
    const journal = new IdleJournal(() => site.scheduler.now);
    const site: Site = new Site({
      scenario: idleScenario,
      seed,
      partitions: 1 + (seed % 2),
      nodes: 1 + (seed % 3),
      tampering,
      around: (stage, worker) => journal.around(stage, worker),
      looks: ({ cluster, scenario }) => journal.look(cluster, scenario.inputs[0].name),
      judgeOf: ({ scenario, cluster }) => new IdleOracle(scenario, cluster, journal, idleAfterMs),
    });
    const oracle = site.judge as IdleOracle;
    const places = site.random.pick([1, 2]);
    const commitIntervalMsMax = site.random.pick([0, 1, 100]);
    const settings = { worker: { idleAfterMs, commitIntervalMsMax } };
    return { site, script: () => script({ site, oracle, idleAfterMs, settings, places, standsStill }) };
  },
});

/** Silences that nothing stands still in. */
export const idleRun = silences("silences", { standsStill: false });

/** Silences, and processes that stand still. */
export const standstillRun = silences("standstills", { standsStill: true });

const script = async (idle: Idle): Promise<void> => {
  const { site, oracle, idleAfterMs } = idle;
  const { random } = site;
  heal(idle);
  for (let round = random.int(3, 6); round > 0; round--) {
    for (let bursts = random.int(1, 10); bursts > 0; bursts--) {
      site.write(random.int(1, 2));
      await site.pass(random.between(5, 300));
      if (random.chance(0.1)) await strike(idle);
    }
    if (!site.isDrained) site.meet(moments.openTransaction);
    const told = oracle.judged.outputs;
    await site.pass(idleAfterMs * random.pick([0.5, 1.1, 3]));
    if (random.chance(0.3)) await strike(idle);
    await site.pass(idleAfterMs * random.pick([0, 0.5, 2]));
    if (oracle.judged.outputs > told) site.meet(moments.toldInSilence);
    if (random.chance(0.5)) await settle(idle);
  }
  await settle(idle);
};

/** A fault. Those that do not pass by themselves are mended some time later. */
const strike = async (idle: Idle): Promise<void> => {
  const { site, idleAfterMs, standsStill } = idle;
  const { random } = site;
  const [worker] = site.workers.filter(({ process }) => !process.paused);
  const choice = random.next();
  if (choice < 0.3 && worker !== undefined) {
    if (site.isDrained) site.meet(moments.killedInSilence);
    await site.kill(worker);
  } else if (choice < 0.45) worker?.stop();
  else if (choice < 0.6) site.stopNode(random.pick(site.cluster.nodeIds));
  else if (choice < 0.7) site.weather = { requestLost: 0.05, answerLost: 0.05 };
  else if (standsStill && choice < 0.85 && worker !== undefined) {
    site.meet(moments.stalled);
    worker.process.pause();
    await traffic(site, idleAfterMs * random.between(1, 2));
    worker.process.resume();
  } else if (standsStill) {
    site.meet(moments.deaf);
    // Every fetch is lost, and next to nothing else.
    site.weather = { requestLost: 0.01, target: "Fetch", targetFactor: 100 };
    await traffic(site, idleAfterMs * random.between(1, 3));
  }
  await traffic(site, random.between(0, 2_000));
  heal(idle);
};

/** Somebody sends, or not, for so long. */
const traffic = async (site: Site, ms: number): Promise<void> => {
  const sends = site.random.chance(0.5);
  for (let left = ms; left > 0; ) {
    const step = Math.min(left, site.random.between(50, 400));
    if (sends) site.write(1);
    await site.pass(step);
    left -= step;
  }
};

const heal = ({ site, settings, places }: Idle): void => {
  site.weather = {};
  for (const nodeId of site.cluster.nodeIds) if (!site.cluster.isUp(nodeId)) site.startNode(nodeId);
  for (const worker of site.workers) worker.process.resume();
  for (let place = 0; place < places; place++)
    if (!site.workers.some((worker) => worker.place === place)) site.start(place, settings);
};

/** After a silence that is long enough everything is told, nothing is kept, and nobody is behind; and few commits do it. */
const settle = async (idle: Idle): Promise<void> => {
  const { site, oracle, idleAfterMs } = idle;
  heal(idle);
  await site.expect("the input is drained", () => site.isDrained, settledMsMax);
  await site.pass(2 * idleAfterMs + nothingIsLeftAfterMs + slackMs);
  const isQuiet = (): boolean =>
    site.isDrained &&
    oracle.entries === 0 &&
    oracle.streamTimes.every((at) => at < 0 || at >= site.scheduler.now - 2 * idleAfterMs - slackMs) &&
    site.workers.every((worker) =>
      worker
        .inputs()
        .every(({ records, undecided, ageMs }) => records === 0 && undecided === 0 && ageMs === 0),
    );
  await site.expect("everything is told, nothing is kept, and nobody is behind", isQuiet, slackMs);
  site.meet(moments.settled);
  const before = new Map(oracle.commitsOf);
  const intervals = 10;
  await site.pass(intervals * idleAfterMs);
  for (const [id, commits] of oracle.commitsOf) {
    const made = commits - (before.get(id) ?? 0);
    if (made > intervals + 1)
      throw new Violation(
        `${id} has committed ${made} times in ${intervals} times idle, with nothing to commit`,
      );
  }
};
