// A bug here is a rehearsal that passes though a replica was scaled away while it restored, or though nothing ever kept it.

import { describe, expect, it } from "vitest";
import { autoscalers, type ClusterAutoscaler } from "../../../rehearsals/cluster-autoscaler.ts";
import { type HeldCluster, holdInRestore } from "../../../rehearsals/held-restore.ts";

const times = { watchMs: 60, lookEveryMs: 5, withinMs: 500 };

/** What a cluster says with one autoscaler or the other. */
const kinds = {
  keda: {
    least: /^patch scaledobject\/filter .*"minReplicaCount":(\d)/,
    hpa: "keda-hpa-filter",
    others: "s0-kafka-x",
    metric: {
      name: "s1-prometheus",
      selector: { matchLabels: { "scaledobject.keda.sh/name": "filter" } },
    },
    path: "/namespaces/toy/s1-prometheus?labelSelector=scaledobject.keda.sh%2Fname%3Dfilter",
  },
  hpa: {
    least: /^patch hpa\/filter .*"minReplicas":(\d)/,
    hpa: "filter",
    others: "riffle_lag_records",
    metric: { name: "riffle_restoring_replicas", selector: { matchLabels: { service: "filter" } } },
    path: "/namespaces/toy/riffle_restoring_replicas?labelSelector=service%3Dfilter",
  },
} as const;

/** A cluster with an autoscaler that keeps the second replica for as long as it is told to. */
class ToyCluster implements HeldCluster {
  readonly words: string[] = [];
  readonly kubectl = (...words: readonly string[]): Promise<string> => this.#answer(words.join(" "));
  readonly autoscaler: ClusterAutoscaler;
  readonly #kind: keyof typeof kinds;
  readonly #keeps: (state: { readonly isHeld: boolean; readonly looks: number }) => boolean;
  #isHeld = false;
  #least = 1;
  #looks = 0;

  constructor(
    keeps: (state: { readonly isHeld: boolean; readonly looks: number }) => boolean,
    kind: keyof typeof kinds = "keda",
  ) {
    const made = autoscalers[kind]?.(this.kubectl);
    if (made === undefined) throw new Error(`there is no autoscaler ${kind}`);
    this.autoscaler = made;
    this.#kind = kind;
    this.#keeps = keeps;
  }

  get #wanted(): number {
    return this.#least === 2 || this.#keeps({ isHeld: this.#isHeld, looks: this.#looks }) ? 2 : 1;
  }

  async #answer(line: string): Promise<string> {
    this.words.push(line);
    const kind = kinds[this.#kind];
    if (line.includes("RIFFLE_FAILPOINT=")) this.#isHeld = true;
    if (line.includes("SIGCONT")) this.#isHeld = false;
    this.#least = Number(kind.least.exec(line)?.[1] ?? this.#least);
    if (line.startsWith(`get hpa ${kind.hpa} `))
      return JSON.stringify({
        metadata: { namespace: "toy" },
        spec: { metrics: [{ external: { metric: { name: kind.others } } }, { external: kind }] },
      });
    if (line.endsWith(kind.path)) return '{"items":[{"value":"2"}]}';
    if (line.includes("/metrics"))
      return `riffle_stream_phase{phase="${this.#isHeld ? "restoring" : "running"}"} 1`;
    return "";
  }

  async replicasOf(): Promise<{ wanted: number; ready: number }> {
    this.#looks++;
    return { wanted: this.#wanted, ready: this.#isHeld ? 1 : this.#wanted };
  }

  async untilReplicas(name: string, count: number): Promise<void> {
    if (this.#wanted !== count) throw new Error(`${name} never had ${count} replicas`);
  }
}

const run = async (cluster: ToyCluster): Promise<string[]> => {
  const said: string[] = [];
  await holdInRestore(cluster, "filter", (line) => said.push(line), times);
  return said;
};

describe("a replica that is held in its restore", () => {
  it.each(["keda", "hpa"] as const)("is kept by %s until it is let go, and goes then", async (kind) => {
    const cluster = new ToyCluster(({ isHeld }) => isHeld, kind);
    const said = await run(cluster);
    expect(said.at(-1)).toMatch(/filter-1 was let go, and \d+ s later one replica is left/);
    expect(said).toContain("  filter: 2 replicas wanted, 1 ready; filter-1 is restoring");
  });

  it("that is scaled away ends the rehearsal", async () => {
    const cluster = new ToyCluster(({ looks }) => looks < 3);
    await expect(run(cluster)).rejects.toThrow("filter was scaled in while filter-1 was restoring");
  });

  it("that stays for another reason ends the rehearsal too", async () => {
    await expect(run(new ToyCluster(() => true))).rejects.toThrow("filter never had 1 replicas");
  });

  it("is armed without touching the first one, and disarmed in the end", async () => {
    const cluster = new ToyCluster(({ isHeld }) => isHeld);
    await run(cluster);
    const changes = cluster.words.filter((line) => /^(patch statefulset|set env)/.test(line));
    expect(changes).toEqual([
      expect.stringContaining('"partition":1'),
      "set env statefulset/filter RIFFLE_FAILPOINT=before-restore:hold",
      "set env statefulset/filter RIFFLE_FAILPOINT-",
      expect.stringContaining('"partition":0'),
    ]);
  });
});
