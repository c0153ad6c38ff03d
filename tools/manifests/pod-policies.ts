// What holds of every pod: nothing runs as root or writes where it should not, nothing is unbounded, nothing goes unwatched.

import { at, listAt, type Manifest, nameOf, podTemplateOf, textAt, type Yaml } from "./manifest.ts";
import type { Policy } from "./policy.ts";

/** A container with the words that name it in a fault. */
interface Placed {
  readonly place: string;
  readonly manifest: Manifest;
  readonly container: Yaml;
}

/** The start scripts of this image write the broker's settings beside themselves. */
const writesItsRoot = "apache/kafka:4.4.0";
/** A server of the API server's own, which asks it who may. */
const asksTheApiServer = "registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0";

const withPods = (manifests: readonly Manifest[]): Manifest[] =>
  manifests.filter((manifest) => podTemplateOf(manifest) !== undefined && manifest.kind !== "ScaledObject");

const podSpecOf = (manifest: Manifest): Yaml => at(podTemplateOf(manifest), "spec");

const containersOf = (manifests: readonly Manifest[]): Placed[] =>
  withPods(manifests).flatMap((manifest) =>
    ["initContainers", "containers"].flatMap((list) =>
      listAt(podSpecOf(manifest), list).map((container) => ({
        place: `${nameOf(manifest)}, container ${textAt(container, "name")}`,
        manifest,
        container,
      })),
    ),
  );

const eachPod = (title: string, check: (spec: Yaml) => string | undefined): Policy => ({
  title,
  faultsOf: (manifests) =>
    withPods(manifests).flatMap((manifest) => {
      const fault = check(podSpecOf(manifest));
      return fault === undefined ? [] : [`${nameOf(manifest)}: ${fault}`];
    }),
});

const eachContainer = (title: string, check: (placed: Placed) => string | undefined): Policy => ({
  title,
  faultsOf: (manifests) =>
    containersOf(manifests).flatMap((placed) => {
      const fault = check(placed);
      return fault === undefined ? [] : [`${placed.place}: ${fault}`];
    }),
});

/** Variables that hold a password, or a whole secret that must be there. What somebody adds to a service is theirs to choose. */
const secretVariables = (container: Yaml): string[] => [
  ...listAt(container, "env")
    .filter((one) => at(one, "valueFrom", "secretKeyRef") !== undefined)
    .map((one) => textAt(one, "name"))
    .filter((name) => /PASSWORD|SECRET|TOKEN/.test(name)),
  ...listAt(container, "envFrom")
    .filter((one) => at(one, "secretRef") !== undefined && at(one, "secretRef", "optional") !== true)
    .map((one) => `all of ${textAt(one, "secretRef", "name")}`),
];

const missing = (container: Yaml, side: "requests" | "limits"): string[] =>
  ["cpu", "memory"].filter((name) => textAt(container, "resources", side, name) === "");

const probes = ["startupProbe", "readinessProbe", "livenessProbe"] as const;

/** The policies of pods and containers. */
export const podPolicies: readonly Policy[] = [
  eachPod("a pod runs as a numbered user that is not root", (spec) => {
    const user = at(spec, "securityContext", "runAsUser");
    const isSet = at(spec, "securityContext", "runAsNonRoot") === true;
    return isSet && typeof user === "number" && user > 0
      ? undefined
      : "set runAsNonRoot and a runAsUser above 0";
  }),
  eachPod("a pod has the runtime's own seccomp profile", (spec) =>
    textAt(spec, "securityContext", "seccompProfile", "type") === "RuntimeDefault"
      ? undefined
      : "set seccompProfile RuntimeDefault",
  ),
  eachPod("a pod has an account of its own, without a token unless it asks the API server", (spec) => {
    const account = textAt(spec, "serviceAccountName");
    const needsToken = listAt(spec, "containers").every((one) => textAt(one, "image") === asksTheApiServer);
    const isTokenless = at(spec, "automountServiceAccountToken") === false;
    return isTokenless !== needsToken && account !== "" && account !== "default"
      ? undefined
      : "set serviceAccountName, and automountServiceAccountToken to false";
  }),
  eachPod("a pod gets no variables from the names of services", (spec) =>
    at(spec, "enableServiceLinks") === false ? undefined : "set enableServiceLinks to false",
  ),
  eachContainer("a password is a file, and no variable", ({ container }) => {
    const found = secretVariables(container);
    return found.length === 0
      ? undefined
      : `${found.join(", ")} stands among its variables; mount it, and name the file in …_FILE`;
  }),
  eachContainer("an image has a tag that is not latest", ({ container }) => {
    const image = textAt(container, "image");
    return /:(?!latest$)[^/]+$|@sha256:/.test(image) ? undefined : `image ${image} names no version`;
  }),
  eachContainer("a container asks for CPU and memory, and has a limit of both", ({ container }) => {
    const faults = [...missing(container, "requests"), ...missing(container, "limits")];
    return faults.length === 0 ? undefined : `no requests or limits of ${faults.join(", ")}`;
  }),
  eachContainer("a container can gain no rights", ({ container }) => {
    const context = at(container, "securityContext");
    const isBound =
      at(context, "allowPrivilegeEscalation") === false &&
      listAt(context, "capabilities", "drop").includes("ALL") &&
      listAt(context, "capabilities", "add").length === 0;
    return isBound ? undefined : "set allowPrivilegeEscalation to false and drop ALL capabilities";
  }),
  eachContainer("a container's root file system is read-only", ({ container }) =>
    at(container, "securityContext", "readOnlyRootFilesystem") === true ||
    textAt(container, "image") === writesItsRoot
      ? undefined
      : "set readOnlyRootFilesystem to true",
  ),
  eachContainer(
    "what runs on is watched by a startup, a readiness and a liveness probe",
    ({ manifest, container }) => {
      if (manifest.kind === "Job") return undefined;
      const absent = probes.filter((probe) => at(container, probe) === undefined);
      return absent.length === 0 ? undefined : `has no ${absent.join(", ")}`;
    },
  ),
  eachContainer(
    "liveness asks something else than readiness, which may depend on Kafka",
    ({ manifest, container }) => {
      if (manifest.kind === "Job" || !isOfRiffle(container)) return undefined;
      const [startup, readiness, liveness] = probes.map((probe) =>
        textAt(container, probe, "httpGet", "path"),
      );
      return startup === "/startupz" && readiness === "/readyz" && liveness === "/livez"
        ? undefined
        : `the probes ask ${[startup, readiness, liveness].join(", ")}; they must ask /startupz, /readyz and /livez`;
    },
  ),
];

/** Whether a container is one of this repository's images, under whatever registry. */
export const isOfRiffle = (container: Yaml): boolean => /(^|\/)riffle\//.test(textAt(container, "image"));

/** The workloads whose pods are services of this repository. */
export const servicesIn = (manifests: readonly Manifest[]): Manifest[] =>
  withPods(manifests).filter(
    (manifest) => manifest.kind !== "Job" && listAt(podSpecOf(manifest), "containers").some(isOfRiffle),
  );
