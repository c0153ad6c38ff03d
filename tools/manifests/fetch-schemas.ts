// `node tools/manifests/fetch-schemas.ts`: asks the cluster that kubectl talks to for the schemas of every kind in
// k8s/rendered, and keeps them. Needs kubectl, and in the cluster KEDA and the CRD of PrometheusRule.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { commandLine } from "../../infra/command-line/command-line.ts";
import { readManifests } from "./manifest.ts";
import { overlays, renderedFile } from "./rendering.ts";
import { trimmed } from "./schema-file.ts";

commandLine({
  command: "node tools/manifests/fetch-schemas.ts",
  does: "Keeps the schemas of every kind in k8s/rendered, as the cluster that kubectl talks to has them.",
});
const root = resolve(import.meta.dirname, "../..");
const manifests = overlays.flatMap((overlay) => readManifests(renderedFile(root, overlay)));
const kinds = [...new Set(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))].toSorted();
const answer = execFileSync("kubectl", ["get", "--raw", "/openapi/v2"], {
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
const file = resolve(import.meta.dirname, "schemas/kubernetes.json");
const schemas = trimmed(JSON.parse(answer) as Parameters<typeof trimmed>[0], kinds);
writeFileSync(file, `${JSON.stringify(schemas, null, 1)}\n`);
process.stdout.write(`${kinds.length} kinds of ${schemas.version}\n`);
