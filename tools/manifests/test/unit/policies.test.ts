// A bug here looks like a policy that lets pass what it is there to stop: each of these plants one fault in the manifests
// that are rendered here, and names the policy that must find it.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readCodeFacts } from "../../code-facts.ts";
import { type Manifest, parseManifests, readManifests, textAt, type Yaml } from "../../manifest.ts";
import { pipelinePolicies } from "../../pipeline-policies.ts";
import { podPolicies } from "../../pod-policies.ts";
import { type Overlay, renderedFile } from "../../rendering.ts";
import { ManifestSchemas } from "../../schema-check.ts";

const root = resolve(import.meta.dirname, "../../../..");
const facts = await readCodeFacts(root);
const policies = [...podPolicies, ...pipelinePolicies(facts)];
const schemas = ManifestSchemas.read();

type Path = readonly (string | number)[];

const container: Path = ["spec", "template", "spec", "containers", 0];
const pod: Path = ["spec", "template", "spec"];
const trigger: Path = ["spec", "triggers", 0, "metadata"];
const restoring: Path = ["spec", "triggers", 1, "metadata"];

/** The same manifest with another value at a path; undefined removes it. */
const changed = (value: Yaml, [key, ...rest]: Path, to: Yaml): Yaml => {
  if (key === undefined) return to;
  const copy = structuredClone(value) as Record<string | number, Yaml>;
  const next = changed(copy[key], rest, to);
  if (next === undefined) delete copy[key];
  else copy[key] = next;
  return copy as Yaml;
};

const faultsWith = (
  kind: string,
  name: string,
  path: Path,
  to: Yaml,
  overlay: Overlay = "prod",
): string[] => {
  const manifests = readManifests(renderedFile(root, overlay));
  const planted = manifests.map((manifest) =>
    manifest.kind === kind && manifest.metadata.name === name
      ? (changed(manifest, path, to) as Manifest)
      : manifest,
  );
  expect(planted).not.toEqual(manifests);
  return policies.filter(({ faultsOf }) => faultsOf(planted).length > 0).map(({ title }) => title);
};

const cases: readonly (readonly [finds: string, kind: string, name: string, path: Path, to: Yaml])[] = [
  ["numbered user", "StatefulSet", "filter", [...pod, "securityContext", "runAsUser"], 0],
  ["seccomp", "Deployment", "ingest", [...pod, "securityContext", "seccompProfile"], undefined],
  ["without a token", "StatefulSet", "notifier", [...pod, "automountServiceAccountToken"], true],
  ["names of services", "StatefulSet", "filter", [...pod, "enableServiceLinks"], undefined],
  [
    "password is a file",
    "StatefulSet",
    "filter",
    [...container, "env", 2],
    {
      name: "KAFKA_SASL_PASSWORD",
      valueFrom: { secretKeyRef: { name: "riffle-kafka", key: "KAFKA_SASL_PASSWORD" } },
    },
  ],
  [
    "password is a file",
    "Job",
    "topics",
    [...container, "envFrom", 1],
    { secretRef: { name: "riffle-kafka" } },
  ],
  ["variables that it reads", "StatefulSet", "filter", [...container, "env", 1, "name"], "LOG_LEVEL_FILE"],
  ["not latest", "StatefulSet", "filter", [...container, "image"], "registry.example.com/riffle/filter"],
  [
    "not latest",
    "StatefulSet",
    "filter",
    [...container, "image"],
    "registry.example.com/riffle/filter:latest",
  ],
  ["limit of both", "StatefulSet", "filter", [...container, "resources", "limits", "memory"], undefined],
  ["gain no rights", "Job", "topics", [...container, "securityContext", "capabilities", "drop"], undefined],
  ["read-only", "StatefulSet", "filter", [...container, "securityContext", "readOnlyRootFilesystem"], false],
  ["is watched", "StatefulSet", "filter", [...container, "startupProbe"], undefined],
  [
    "may depend on Kafka",
    "StatefulSet",
    "filter",
    [...container, "livenessProbe", "httpGet", "path"],
    "/readyz",
  ],
  ["time to end", "StatefulSet", "filter", [...pod, "terminationGracePeriodSeconds"], 20],
  ["time to end", "Deployment", "ingest", [...container, "lifecycle", "preStop", "sleep", "seconds"], 10],
  ["disruption budget", "PodDisruptionBudget", "filter", ["spec", "selector", "matchLabels"], { app: "x" }],
  ["disruption budget", "PodDisruptionBudget", "console", ["spec"], { minAvailable: 1 }],
  ["is let in", "NetworkPolicy", "to-console", ["spec", "ingress", 0, "ports", 0, "port"], 8091],
  ["is let in", "NetworkPolicy", "to-console", ["spec", "podSelector", "matchLabels"], { app: "x" }],
  ["is let in", "NetworkPolicy", "scrapes", ["spec", "ingress"], undefined],
  ["ask who comes", "StatefulSet", "console", [...container, "env"], []],
  ["ask who comes", "Deployment", "ingest", [...pod, "volumes"], []],
  ["one console", "StatefulSet", "console", ["spec", "replicas"], 2],
  ["one console", "ScaledObject", "filter", ["spec", "scaleTargetRef", "name"], "console"],
  ["instance ids", "StatefulSet", "filter", [...container, "env"], []],
  ["nothing may talk", "NetworkPolicy", "deny-all", ["spec", "policyTypes"], ["Ingress"]],
  ["variables that it reads", "StatefulSet", "filter", [...container, "env", 1, "name"], "STATE_FOLDER"],
  ["scaled by the lag", "ScaledObject", "filter", ["spec", "maxReplicaCount"], 24],
  ["scaled by the lag", "ScaledObject", "filter", ["spec", "maxReplicaCount"], 5],
  ["scaled by the lag", "ScaledObject", "filter", ["spec", "minReplicaCount"], 0],
  ["scaled by the lag", "ScaledObject", "filter", [...trigger, "topic"], "alerts.v1"],
  ["scaled by the lag", "ScaledObject", "filter", [...trigger, "excludePersistentLag"], "true"],
  ["scaled by the lag", "ScaledObject", "filter", ["spec", "fallback", "behavior"], "static"],
  ["joins or restores", "ScaledObject", "filter", [...restoring, "query"], "up"],
  [
    "joins or restores",
    "ScaledObject",
    "filter",
    [...restoring, "query"],
    '(sum(riffle_stream_restore_remaining_records{namespace="riffle",service="filter"}) > bool 0) * count(up{namespace="riffle",service="filter"})',
  ],
  [
    "joins or restores",
    "ScaledObject",
    "notifier",
    [...restoring, "query"],
    '(max(riffle_stream_phase{namespace="riffle",service="filter",phase=~"joining|restoring"}) > bool 0) * count(up{namespace="riffle",service="filter"})',
  ],
  [
    "joins or restores",
    "ScaledObject",
    "filter",
    [...restoring, "query"],
    '(max(riffle_stream_phase{service="filter",phase=~"joining|restoring"}) > bool 0) * count(up{service="filter"})',
  ],
  ["joins or restores", "ScaledObject", "filter", ["metadata", "namespace"], "riffle-staging"],
  ["joins or restores", "ScaledObject", "filter", [...restoring, "ignoreNullValues"], "true"],
  ["joins or restores", "ScaledObject", "filter", [...restoring, "threshold"], "2"],
  ["joins or restores", "ScaledObject", "filter", ["spec", "triggers", 1], undefined],
  ["scaled by the lag", "ScaledObject", "filter", ["spec", "scaleTargetRef", "name"], "filters"],
  [
    "a service exports",
    "ScaledObject",
    "filter",
    ["spec", "triggers", 1, "metadata", "query"],
    "riffle_stream_no",
  ],
];

describe("the policies", () => {
  it.each(cases)("find what breaks: %s (%s %s, %j = %j)", (finds, kind, name, path, to) => {
    expect(faultsWith(kind, name, path, to).join("; ")).toContain(finds);
  });
});

it("the policies find a rule of prometheus-adapter that does not know who restores", () => {
  const path = ["data", "config.yaml"];
  const faults = faultsWith("ConfigMap", "prometheus-adapter-rules", path, "externalRules: []", "hpa");
  expect(faults.join("; ")).toContain("joins or restores");
});

it("the policies find a rule of prometheus-adapter that counts another Riffle too", () => {
  const [rules] = readManifests(renderedFile(root, "hpa")).filter(
    ({ metadata }) => metadata.name === "prometheus-adapter-rules",
  );
  const text = textAt(rules, "data", "config.yaml");
  const shared = text.replace(/resources: .*/, "resources: { namespaced: false }");
  const faults = faultsWith("ConfigMap", "prometheus-adapter-rules", ["data", "config.yaml"], shared, "hpa");
  expect(faults.join("; ")).toContain("joins or restores");
});

it("the policies find a prometheus-adapter without the token that it asks with", () => {
  const path = [...pod, "automountServiceAccountToken"];
  const faults = faultsWith("Deployment", "prometheus-adapter", path, false, "rehearsal-hpa");
  expect(faults).toEqual([expect.stringContaining("without a token unless")]);
});

describe("the schemas", () => {
  const [filter] = readManifests(renderedFile(root, "prod")).filter(
    ({ kind, metadata }) => kind === "StatefulSet" && metadata.name === "filter",
  );
  const faultsOf = (path: Path, to: Yaml): string[] =>
    schemas.faultsOf(changed(filter as Yaml, path, to) as Manifest);

  it("find a field that is misspelt, at any depth", () => {
    expect(faultsOf([...container, "imagePullPolice"], "Always").join()).toContain("imagePullPolice");
    expect(faultsOf([...container, "livenessProbe", "periodSecond"], 3).join()).toContain("periodSecond");
  }, 60_000);

  it("find a value of the wrong type, and one that is missing", () => {
    expect(faultsOf(["spec", "replicas"], "three").join()).toContain("must be integer");
    expect(faultsOf(["spec", "selector"], undefined).join()).toContain("selector");
  });

  it("take a port by its name and a quantity as a number", () => {
    expect(faultsOf([...container, "livenessProbe", "httpGet", "port"], 9464)).toEqual([]);
    expect(faultsOf([...container, "resources", "limits", "cpu"], 1)).toEqual([]);
  });

  it("find a kind that nobody knows", () => {
    const [odd] = parseManifests("apiVersion: apps/v2\nkind: StatefulSet\nmetadata: { name: x }\n");
    expect(schemas.faultsOf(odd as Manifest)).toEqual([
      "StatefulSet x: there is no schema of apps/v2 StatefulSet",
    ]);
  });
});
