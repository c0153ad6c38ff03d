// A bug here looks like a deployment that a cluster refuses, or one that it takes and that then runs as root, is killed in
// the middle of a commit, or scales to replicas with nothing to do.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { staleRuleFiles } from "../../alert-rules.ts";
import { readCodeFacts } from "../../code-facts.ts";
import { readManifests } from "../../manifest.ts";
import { pipelinePolicies } from "../../pipeline-policies.ts";
import { podPolicies } from "../../pod-policies.ts";
import { overlays, render, renderedFile, staleOverlays } from "../../rendering.ts";
import { ManifestSchemas } from "../../schema-check.ts";

const root = resolve(import.meta.dirname, "../../../..");
const schemas = ManifestSchemas.read();
const policies = [...podPolicies, ...pipelinePolicies(await readCodeFacts(root))];
const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;

it("the alert rules in k8s are those of infra/prometheus", () => {
  expect(staleRuleFiles(root)).toEqual([]);
});

it("what is rendered was made from the sources that are here", () => {
  expect(staleOverlays(root)).toEqual([]);
  // Where there is a kubectl, from these very words.
  for (const overlay of hasKubectl ? overlays : [])
    expect(render(root, overlay)).toBe(readFileSync(renderedFile(root, overlay), "utf8"));
}, 60_000);

describe.each(overlays)("the overlay %s", (overlay) => {
  const manifests = readManifests(renderedFile(root, overlay));

  it("holds every service", () => {
    const names = manifests
      .filter(({ kind }) => ["Deployment", "StatefulSet"].includes(kind))
      .map(({ metadata }) => metadata.name);
    expect(names).toEqual(
      expect.arrayContaining(["ingest", "filter", "aggregator", "fraud-detector", "notifier", "console"]),
    );
  });

  it("is what the schemas of Kubernetes and KEDA say", () => {
    expect(manifests.flatMap((manifest) => schemas.faultsOf(manifest))).toEqual([]);
    // The schemas are compiled as they are needed.
  }, 60_000);

  it.each(policies)("keeps to: $title", ({ faultsOf }) => {
    expect(faultsOf(manifests)).toEqual([]);
  });
});
