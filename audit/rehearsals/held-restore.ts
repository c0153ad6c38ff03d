// No scale-in while a replica restores, provoked: a second replica is held in the middle of its restore, the load is gone,
// and the autoscaler is left alone with what it is told.
//
//   HR1. Only the lag is missing: the second replica comes because the least number of replicas is 2 for a moment, and
//        whether it stays is up to the question who restores.
//   HR2. The replica is held for several times the window in which the overlay scales in. One look at fewer replicas ends
//        the rehearsal.
//   HR3. When it is let go, the replicas fall: it was the restore that kept them, and nothing else.
//
// How it is held: RIFFLE_FAILPOINT=before-restore:hold in the pods from the second on (the StatefulSet's partition), until
// SIGCONT. The process answers probes and scrapes all the while, as one does that reads a long changelog.

import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../pipeline/wait-for.ts";
import type { ClusterAutoscaler, Kubectl } from "./cluster-autoscaler.ts";
import type { Say } from "./timeline.ts";
import { phaseIn } from "./worker-phase.ts";

/** What the step needs of a cluster. */
export interface HeldCluster {
  readonly kubectl: Kubectl;
  readonly autoscaler: Pick<ClusterAutoscaler, "leastReplicas" | "toldReplicas">;
  replicasOf(name: string): Promise<{ readonly wanted: number; readonly ready: number }>;
  untilReplicas(name: string, count: number, withinMs: number): Promise<void>;
}

/** For how long one looks, and how often. */
export interface HoldTimes {
  readonly watchMs: number;
  readonly lookEveryMs: number;
  /** How long anything that must come about may take. */
  readonly withinMs: number;
}

/** The overlay scales in when 30 s have passed since more was wanted last, and looks every 15 s. */
const usual: HoldTimes = { watchMs: 90_000, lookEveryMs: 5_000, withinMs: 300_000 };

/** The phase of a pod's worker, by its own metrics; undefined while it does not answer. */
const phaseOf = async (cluster: HeldCluster, pod: string): Promise<string | undefined> => {
  const script =
    "fetch('http://127.0.0.1:9464/metrics').then((a) => a.text()).then((t) => process.stdout.write(t))";
  return phaseIn(await cluster.kubectl("exec", pod, "--", "node", "-e", script).catch(() => ""));
};

/** From which pod on a change of the template is rolled out. */
const rollFrom = async (cluster: HeldCluster, name: string, partition: number): Promise<void> => {
  const spec = { updateStrategy: { rollingUpdate: { partition } } };
  await cluster.kubectl("patch", `statefulset/${name}`, "--type=merge", "-p", JSON.stringify({ spec }));
};

/** Watches that the second replica stays while it is held (HR2). */
const watchHeld = async (
  cluster: HeldCluster,
  [name, pod]: readonly [string, string],
  { watchMs, lookEveryMs }: HoldTimes,
  say: Say,
): Promise<void> => {
  const until = performance.now() + watchMs;
  for (let last = ""; performance.now() < until; await delay(lookEveryMs)) {
    const { wanted, ready } = await cluster.replicasOf(name);
    const phase = (await phaseOf(cluster, pod)) ?? "without an answer";
    const line = `  ${name}: ${wanted} replicas wanted, ${ready} ready; ${pod} is ${phase}`;
    if (line !== last) say(line);
    last = line;
    if (wanted < 2) throw new Error(`${name} was scaled in while ${pod} was ${phase}`);
  }
};

/**
 * Holds the second replica of a StatefulSet in its restore and watches that the autoscaler leaves it (HR2), then lets it
 * go and waits until one replica is left (HR3). There must be one replica, and no lag.
 *
 * @throws when the replicas fall while the second one restores, or do not fall after
 */
export const holdInRestore = async (
  cluster: HeldCluster,
  name: string,
  say: Say,
  times: HoldTimes = usual,
): Promise<void> => {
  const { withinMs, watchMs } = times;
  const pod = `${name}-1`;
  await rollFrom(cluster, name, 1);
  await cluster.kubectl("set", "env", `statefulset/${name}`, "RIFFLE_FAILPOINT=before-restore:hold");
  await cluster.autoscaler.leastReplicas(name, 2);
  await waitFor(`${pod} restores`, async () => (await phaseOf(cluster, pod)) === "restoring", withinMs);
  await waitFor(
    "the autoscaler is told of it",
    async () => (await cluster.autoscaler.toldReplicas(name)) >= 2,
    withinMs,
  );
  await cluster.autoscaler.leastReplicas(name, 1);
  say(`${pod} is held in its restore; there is no lag, and one replica would do`);
  await watchHeld(cluster, [name, pod], times, say);
  await cluster.kubectl("exec", pod, "--", "node", "-e", "process.kill(1, 'SIGCONT')");
  const releasedAt = performance.now();
  await cluster.untilReplicas(name, 1, withinMs);
  const seconds = ((performance.now() - releasedAt) / 1_000).toFixed(0);
  say(
    `not scaled in for ${watchMs / 1_000} s; ${pod} was let go, and ${seconds} s later one replica is left`,
  );
  await cluster.kubectl("set", "env", `statefulset/${name}`, "RIFFLE_FAILPOINT-");
  await rollFrom(cluster, name, 0);
};
