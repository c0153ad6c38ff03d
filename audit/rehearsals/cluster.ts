// An overlay of a rehearsal in the cluster that kubectl talks to.
//
//   CL1. Everything happens in the overlay's own namespace, which is deleted at the end. prometheus-adapter, where there is
//        one, needs three objects besides, which are deleted too.
//   CL2. A cluster has one server of external metrics. Where it is somebody else's, nothing is begun, and nothing deleted.

import { type ClusterAdmin, connectAdmin } from "@riffle/streams/kafka";
import { waitFor } from "../pipeline/wait-for.ts";
import type { ClusterAutoscaler } from "./cluster-autoscaler.ts";
import { attempt, sh } from "./shell.ts";

const namespace = "riffle-dev";
const adapter = "prometheus-adapter";
const metricsApi = "v1beta1.external.metrics.k8s.io";
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
export const applyOverlay = async (autoscaler: ClusterAutoscaler): Promise<void> => {
  await sh(["kubectl", "apply", "-k", autoscaler.overlay]);
  const wanted = autoscaler.bringsAdapter ? [...workloads, `deployment/${adapter}`] : workloads;
  for (const workload of wanted) await untilRolledOut(workload);
};

/** @throws when the external metrics of the cluster come from anything but this rehearsal's adapter (CL2) */
export const requireNoMetricsServer = async (): Promise<void> => {
  const path = "jsonpath={.spec.service.namespace}/{.spec.service.name}";
  const server = await sh(["kubectl", "get", "apiservice", metricsApi, "--ignore-not-found", "-o", path]);
  if (server !== "" && server !== `${namespace}/${adapter}`)
    throw new Error(
      `cannot rehearse with ${adapter}: the cluster's external metrics come from ${server}; take a cluster without it`,
    );
};

/** Waits until what is wanted of a workload is what runs. */
export const untilRolledOut = async (workload: string): Promise<void> => {
  await kubectl("rollout", "status", workload, "--timeout=300s");
};

/** Removes what {@link applyOverlay} has created (CL1). */
export const removeOverlay = async ({ bringsAdapter }: ClusterAutoscaler): Promise<void> => {
  if (bringsAdapter) {
    const binding = `${namespace}-${adapter}`;
    // First, or the namespace would wait for an API whose server it has just lost.
    await attempt(["kubectl", "delete", "apiservice", metricsApi]);
    await attempt(["kubectl", "delete", "clusterrolebinding", binding]);
    await attempt(["kubectl", "-n", "kube-system", "delete", "rolebinding", binding]);
  }
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
