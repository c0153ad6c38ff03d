// The alert rules of infra/prometheus/rules as Kubernetes takes them: kustomize reads no file outside of its folder.
//
//   AR1. Both files hold every group of every file, in order, and nothing of their own. `pnpm run manifests` writes them, a
//        test finds a stale one.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

const sources = "infra/prometheus/rules";
const madeBy = `# Made by \`pnpm run manifests\` from ${sources}; do not edit.\n`;

/** What the two files hold, by their path in the repository. */
export const ruleFiles = (root: string): ReadonlyMap<string, string> => {
  const groups = readdirSync(join(root, sources))
    .toSorted()
    .flatMap((file) => {
      const text = readFileSync(join(root, sources, file), "utf8");
      return (parse(text) as { readonly groups: readonly unknown[] }).groups;
    });
  const write = (value: unknown): string => `${madeBy}${stringify(value, { lineWidth: 0 })}`;
  const object = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "riffle", labels: { "app.kubernetes.io/part-of": "riffle" } },
    spec: { groups },
  };
  return new Map([
    ["k8s/components/alerts/rules.yaml", write(object)],
    ["k8s/overlays/dev/rules.yml", write({ groups })],
  ]);
};

/** Those that are missing, or were made from other rules (AR1). */
export const staleRuleFiles = (root: string): string[] =>
  [...ruleFiles(root)]
    .filter(
      ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), "utf8") !== text,
    )
    .map(([path]) => path);
