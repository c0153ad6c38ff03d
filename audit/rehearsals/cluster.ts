// The overlay `rehearsal` in the cluster that kubectl talks to.
//
//   CL1. Everything happens in the overlay's own namespace, which is deleted at the end.

import { type ClusterAdmin, connectAdmin } from "@riffle/streams/kafka";
import { waitFor } from "../pipeline/wait-for.ts";
import { attempt, sh } from "./shell.ts";

const namespace = "riffle-dev";
/** Workloads in the order in which their readiness is waited for. */
const workloads = [
  "statefulset/kafka",
  "deployment/ingest",
  "statefulset/filter",
  "statefulset/aggregator",
  "statefulset/fraud-detector",
  "statefulset/notifier",
  "statefulset/console",
] as const;

/** Where the overlay's node ports are. */
export const nodePorts = {
  brokers: ["127.0.0.1:30092"],
  ingestUrl: "http://127.0.0.1:30080",
  consoleUrl: "http://127.0.0.1:30090",
} as const;

/** What there is of a workload. */
export interface Replicas {
  readonly wanted: number;
  readonly ready: number;
}

/** `kubectl -n <namespace> …`; resolves with its standard output. */
export const kubectl = (...words: readonly string[]): Promise<string> =>
  sh(["kubectl", "-n", namespace, ...words]);

/** Creates everything and waits until every pod is ready. */
export const applyOverlay = async (): Promise<void> => {
  await sh(["kubectl", "apply", "-k", "k8s/overlays/rehearsal"]);
  for (const workload of workloads) await untilRolledOut(workload);
};

/** Waits until what is wanted of a workload is what runs. */
export const untilRolledOut = async (workload: string): Promise<void> => {
  await kubectl("rollout", "status", workload, "--timeout=300s");
};

/** Removes the namespace with all that is in it. */
export const removeNamespace = async (): Promise<void> => {
  await attempt(["kubectl", "delete", "namespace", namespace, "--timeout=180s"]);
};

/** How many replicas a StatefulSet has. */
export const replicasOf = async (name: string): Promise<Replicas> => {
  const text = await kubectl("get", "statefulset", name, "-o", "json");
  const { spec, status } = JSON.parse(text) as {
    spec: { replicas: number };
    status: { readyReplicas?: number };
  };
  return { wanted: spec.replicas, ready: status.readyReplicas ?? 0 };
};

/** Waits until a StatefulSet has so many replicas, all ready. */
export const untilReplicas = (name: string, count: number, withinMs: number): Promise<void> =>
  waitFor(
    `${count} replicas of ${name}`,
    async () => {
      const { wanted, ready } = await replicasOf(name);
      return wanted === count && ready === count;
    },
    withinMs,
  );

/** The lag of a group, from outside the cluster. */
export class LagReader {
  readonly #admin: ClusterAdmin;

  private constructor(admin: ClusterAdmin) {
    this.#admin = admin;
  }

  static async open(): Promise<LagReader> {
    return new LagReader(await connectAdmin({ brokers: nodePorts.brokers, clientId: "rehearsal-lag" }));
  }

  /** Records between the group's committed offsets and the ends of the topic. */
  async lagOf(group: string, topic: string): Promise<number> {
    return (await this.#admin.lag(group, topic)).reduce((sum, { lag }) => sum + lag, 0);
  }

  close(): Promise<void> {
    return this.#admin.close();
  }
}
