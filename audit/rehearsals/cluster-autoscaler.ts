// What scales the cluster of a rehearsal: KEDA, or plain autoscalers that ask prometheus-adapter.
//
//   CA1. What an autoscaler is told is asked as its HPA asks it: the names and selectors are read from the HPA itself.

/** `kubectl -n <namespace> …`; resolves with its standard output. */
export type Kubectl = (...words: readonly string[]) => Promise<string>;

/** What differs between the two. */
export interface ClusterAutoscaler {
  /** Folder of the overlay in which it scales. */
  readonly overlay: string;
  /** Whether it brings a prometheus-adapter, which is the cluster's server of external metrics then. */
  readonly bringsAdapter: boolean;
  /** Whether it brings back a workload that was set to 0 replicas. An HPA leaves such a one alone. */
  readonly wakes: boolean;
  /** Says how many replicas a StatefulSet must have at least. */
  leastReplicas(name: string, count: number): Promise<void>;
  /** What the HPA is told by the question who joins or restores, as a number of replicas; 0 without an answer. */
  toldReplicas(name: string): Promise<number>;
}

/** The part of an HPA that says what it asks for. */
interface Hpa {
  readonly metadata: { readonly namespace: string };
  readonly spec: { readonly metrics: readonly { readonly external?: { readonly metric: Metric } }[] };
}

interface Metric {
  readonly name: string;
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
}

/** What the API server answers for the metric of an HPA that `isMeant` (CA1); 0 without an answer. */
const toldBy = async (
  kubectl: Kubectl,
  hpa: string,
  isMeant: (metric: string) => boolean,
): Promise<number> => {
  const { metadata, spec } = JSON.parse(await kubectl("get", "hpa", hpa, "-o", "json")) as Hpa;
  const metrics = spec.metrics.flatMap(({ external }) => external?.metric ?? []);
  const metric = metrics.find(({ name }) => isMeant(name));
  if (metric === undefined) throw new Error(`${hpa} asks for no metric of those that restore`);
  const labels = Object.entries(metric.selector?.matchLabels ?? {}).map(
    ([name, value]) => `${name}=${value}`,
  );
  const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${metadata.namespace}/${metric.name}?labelSelector=${encodeURIComponent(labels.join(","))}`;
  const answer = await kubectl("get", "--raw", path).catch(() => "{}");
  const { items = [] } = JSON.parse(answer) as { readonly items?: readonly { readonly value: string }[] };
  return Number(items[0]?.value ?? 0);
};

const patch = async (kubectl: Kubectl, what: string, spec: object): Promise<void> => {
  await kubectl("patch", what, "--type=merge", "-p", JSON.stringify({ spec }));
};

/** A ScaledObject for each StatefulSet, of which KEDA makes an HPA. */
const keda = (kubectl: Kubectl): ClusterAutoscaler => ({
  overlay: "k8s/overlays/rehearsal",
  bringsAdapter: false,
  wakes: true,
  leastReplicas: (name, minReplicaCount) => patch(kubectl, `scaledobject/${name}`, { minReplicaCount }),
  toldReplicas: (name) => toldBy(kubectl, `keda-hpa-${name}`, (metric) => metric.endsWith("prometheus")),
});

/** An HPA for each StatefulSet. */
const hpa = (kubectl: Kubectl): ClusterAutoscaler => ({
  overlay: "k8s/overlays/rehearsal-hpa",
  bringsAdapter: true,
  wakes: false,
  leastReplicas: (name, minReplicas) => patch(kubectl, `hpa/${name}`, { minReplicas }),
  toldReplicas: (name) => toldBy(kubectl, name, (metric) => metric === "riffle_restoring_replicas"),
});

/** By the word that chooses one. */
export const autoscalers: Readonly<Record<string, (kubectl: Kubectl) => ClusterAutoscaler>> = { keda, hpa };
