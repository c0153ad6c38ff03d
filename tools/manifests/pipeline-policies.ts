// What holds of the pipeline as a whole: it ends in time, bears the loss of a node, scales no further than it can.
//
//   PP1. preStop + SHUTDOWN_DEADLINE_MS + a margin is less than the grace period: a service ends itself, and is not killed
//        in the middle of its last commit.
//   PP2. While a replica joins or restores the autoscaler wants at least as many replicas as there are. It learns that from
//        the phase of the workers; what is left to restore is unknown before a restore begins. No answer is an error, and no 0.
//   PP3. What it asks Prometheus for is of its own namespace: there may be another Riffle.

import { parse } from "yaml";
import { at, listAt, type Manifest, nameOf, podTemplateOf, textAt, type Yaml } from "./manifest.ts";
import { servicesIn } from "./pod-policies.ts";
import type { Policy } from "./policy.ts";

/** What the policies need to know of the code. */
export interface CodeFacts {
  /** Partitions of every topic. */
  readonly partitions: number;
  /** SHUTDOWN_DEADLINE_MS where nothing sets it. */
  readonly shutdownDeadlineMs: number;
  /** Input topic of each stream service. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Names of every variable that a service reads. */
  readonly variables: ReadonlySet<string>;
  /** Names of every metric that a service exports, of those that autoscaling asks for. */
  readonly metrics: ReadonlySet<string>;
}

/** From the end of the drain to the end of the process, on a busy node. */
const marginSeconds = 5;

const containerOf = (manifest: Manifest): Yaml => at(podTemplateOf(manifest), "spec", "containers", 0);

const configOf = (manifests: readonly Manifest[], manifest: Manifest): Yaml => {
  const names = listAt(containerOf(manifest), "envFrom").map((source) =>
    textAt(source, "configMapRef", "name"),
  );
  return manifests.find(({ kind, metadata }) => kind === "ConfigMap" && names.includes(metadata.name))?.[
    "data"
  ];
};

const selects = (selector: Yaml, manifest: Manifest): boolean =>
  hasLabels(at(selector, "matchLabels"), manifest);

const hasLabels = (matched: Yaml, manifest: Manifest): boolean => {
  const wanted = Object.entries((matched ?? {}) as Readonly<Record<string, Yaml>>);
  const labels = at(podTemplateOf(manifest), "metadata", "labels");
  return wanted.length > 0 && wanted.every(([label, value]) => at(labels, label) === value);
};

const endsInTime = ({ shutdownDeadlineMs }: CodeFacts): Policy => ({
  title: "a service has the time to end by itself (PP1)",
  faultsOf: (manifests) =>
    servicesIn(manifests).flatMap((manifest) => {
      const pod = at(podTemplateOf(manifest), "spec");
      const grace = Number(textAt(pod, "terminationGracePeriodSeconds") || 30);
      const preStop = Number(textAt(containerOf(manifest), "lifecycle", "preStop", "sleep", "seconds") || 0);
      const configured = textAt(configOf(manifests, manifest), "SHUTDOWN_DEADLINE_MS");
      const drain = Number(configured || shutdownDeadlineMs) / 1_000;
      const needed = preStop + drain + marginSeconds;
      return needed < grace
        ? []
        : [
            `${nameOf(manifest)}: preStop ${preStop} s + drain ${drain} s + ${marginSeconds} s is not below ${grace} s`,
          ];
    }),
});

const bearsADisruption: Policy = {
  title: "a service has a disruption budget, and its pods are spread over nodes and zones",
  faultsOf: (manifests) =>
    servicesIn(manifests).flatMap((manifest) => {
      const budgets = manifests.filter(
        ({ kind, spec }) => kind === "PodDisruptionBudget" && selects(at(spec, "selector"), manifest),
      );
      // A budget that lets no pod go would keep a node from being drained for ever.
      const blocks = budgets.some(({ spec }) => textAt(spec, "maxUnavailable") !== "1");
      const spread = listAt(podTemplateOf(manifest), "spec", "topologySpreadConstraints");
      const isSpread =
        spread.length > 0 && spread.every((one) => selects(at(one, "labelSelector"), manifest));
      return [
        ...(budgets.length === 1
          ? []
          : [`${nameOf(manifest)}: ${budgets.length} disruption budgets select it`]),
        ...(blocks ? [`${nameOf(manifest)}: its disruption budget must let one pod go`] : []),
        ...(isSpread ? [] : [`${nameOf(manifest)}: its spread constraints do not select its own pods`]),
      ];
    }),
};

const keepsAName: Policy = {
  title: "a stream service is a StatefulSet with a disk, and its pods' names are its instance ids",
  faultsOf: (manifests) =>
    servicesIn(manifests)
      .filter(({ metadata }) => metadata.name !== "ingest")
      .flatMap((manifest) => {
        const id = listAt(containerOf(manifest), "env").find(
          (one) => textAt(one, "name") === "RIFFLE_INSTANCE_ID",
        );
        const isNamed = textAt(id, "valueFrom", "fieldRef", "fieldPath") === "metadata.name";
        const hasDisk = listAt(manifest, "spec", "volumeClaimTemplates").length > 0;
        return manifest.kind === "StatefulSet" && isNamed && hasDisk
          ? []
          : [
              `${nameOf(manifest)}: it needs a StatefulSet, a volume claim and metadata.name as RIFFLE_INSTANCE_ID`,
            ];
      }),
};

const deniesByDefault: Policy = {
  title: "nothing may talk to anything that no policy names",
  faultsOf: (manifests) => {
    const denies = manifests.some(
      ({ kind, spec }) =>
        kind === "NetworkPolicy" &&
        Object.keys((at(spec, "podSelector") ?? {}) as object).length === 0 &&
        listAt(spec, "policyTypes").length === 2 &&
        at(spec, "ingress") === undefined &&
        at(spec, "egress") === undefined,
    );
    return denies ? [] : ["no NetworkPolicy denies everything"];
  },
};

const isLetIn: Policy = {
  title: "a port that a Service leads to is let in by a network policy, and no other is",
  faultsOf: (manifests) => {
    const policies = manifests.filter(({ kind }) => kind === "NetworkPolicy");
    return servicesIn(manifests).flatMap((manifest) => {
      const ports = listAt(containerOf(manifest), "ports");
      const numberOf = (port: Yaml): string =>
        textAt(
          ports.find((one) => textAt(one, "name") === String(port)),
          "containerPort",
        ) || String(port);
      const led = manifests
        .filter(({ kind, spec }) => kind === "Service" && hasLabels(at(spec, "selector"), manifest))
        .flatMap(({ spec }) => listAt(spec, "ports").map((port) => numberOf(at(port, "targetPort"))));
      const open = policies
        .filter(({ spec }) => selects(at(spec, "podSelector"), manifest))
        .flatMap(({ spec }) => listAt(spec, "ingress").flatMap((rule) => listAt(rule, "ports")))
        .map((port) => numberOf(at(port, "port")));
      return [
        ...[...new Set(led)]
          .filter((port) => !open.includes(port))
          .map((port) => `${nameOf(manifest)}: a Service leads to port ${port}, and nothing is let in`),
        ...[...new Set(open)]
          .filter((port) => !led.includes(port))
          .map((port) => `${nameOf(manifest)}: port ${port} is open, and no Service leads there`),
      ];
    });
  },
};

const asksWhoComes: Policy = {
  title:
    "ingest and the console say whether they ask who comes, and have the keys from a secret where they do",
  faultsOf: (manifests) =>
    servicesIn(manifests)
      .filter(({ metadata }) => ["ingest", "console"].includes(metadata.name))
      .flatMap((manifest) => {
        const env = listAt(containerOf(manifest), "env");
        const envOf = (name: string): string =>
          textAt(
            env.find((one) => textAt(one, "name") === name),
            "value",
          );
        if (envOf("AUTH") === "none") return [];
        const secrets = listAt(podTemplateOf(manifest), "spec", "volumes").filter(
          (volume) => textAt(volume, "secret", "secretName") !== "",
        );
        const folders = listAt(containerOf(manifest), "volumeMounts")
          .filter((mount) => secrets.some((volume) => textAt(volume, "name") === textAt(mount, "name")))
          .map((mount) => textAt(mount, "mountPath"));
        const isKept = folders.some((folder) => envOf("API_KEYS_FILE").startsWith(`${folder}/`));
        return envOf("AUTH") === "required" && isKept
          ? []
          : [`${nameOf(manifest)}: it needs AUTH, and API_KEYS_FILE in the mounted folder of a secret`];
      }),
};

const knowsItsVariables = ({ variables }: CodeFacts): Policy => ({
  title: "a service is given variables that it reads",
  faultsOf: (manifests) =>
    servicesIn(manifests).flatMap((manifest) => {
      const own = listAt(containerOf(manifest), "env").map((one) => textAt(one, "name"));
      const shared = Object.keys((configOf(manifests, manifest) ?? {}) as object);
      return [...own, ...shared]
        .filter((name) => !variables.has(name))
        .map((name) => `${nameOf(manifest)}: no service reads ${name}`);
    }),
});

const scalesWithinReason = (facts: CodeFacts): Policy => ({
  title:
    "each stream service is scaled by the lag in its input, between 1 and its partitions, and down slowly",
  faultsOf: (manifests) =>
    Object.entries(facts.inputs).flatMap(([service, topic]) => {
      const scaler = manifests.find(
        ({ kind, spec }) =>
          ["ScaledObject", "HorizontalPodAutoscaler"].includes(kind) &&
          textAt(spec, "scaleTargetRef", "kind") === "StatefulSet" &&
          textAt(spec, "scaleTargetRef", "name") === service,
      );
      if (scaler === undefined) return [`${service}: nothing scales it`];
      return boundsOf(scaler, facts).concat(
        scaler.kind === "ScaledObject" ? triggersOf(scaler, service, topic) : externalsOf(scaler, service),
      );
    }),
});

const isOne: Policy = {
  title: "there is one console, which nothing scales",
  faultsOf: (manifests) => {
    const isConsole = (named: Yaml): boolean => textAt(named, "name") === "console";
    const workloads = servicesIn(manifests).filter(({ metadata }) => isConsole(metadata));
    const scalers = manifests.filter(({ spec }) => isConsole(at(spec, "scaleTargetRef")));
    return [
      ...(workloads.length === 1 && textAt(workloads[0], "spec", "replicas") === "1"
        ? []
        : ["StatefulSet console: it must say that it has one replica"]),
      ...scalers.map(
        (scaler) => `${nameOf(scaler)}: it scales the console, whose replicas know nothing of each other`,
      ),
    ];
  },
};

const boundsOf = (scaler: Manifest, { partitions }: CodeFacts): string[] => {
  const isKeda = scaler.kind === "ScaledObject";
  const max = Number(textAt(scaler, "spec", isKeda ? "maxReplicaCount" : "maxReplicas"));
  const min = Number(textAt(scaler, "spec", isKeda ? "minReplicaCount" : "minReplicas"));
  const behaviour = isKeda
    ? at(scaler, "spec", "advanced", "horizontalPodAutoscalerConfig", "behavior")
    : at(scaler, "spec", "behavior");
  const stabilised = Number(textAt(behaviour, "scaleDown", "stabilizationWindowSeconds"));
  return [
    ...(min >= 1 && max >= min && max <= partitions
      ? []
      : [`${nameOf(scaler)}: ${min} to ${max} replicas are not within 1 to ${partitions}`]),
    ...(partitions % max === 0
      ? []
      : [`${nameOf(scaler)}: ${partitions} partitions cannot be shared evenly by ${max} replicas`]),
    ...(stabilised >= 30 ? [] : [`${nameOf(scaler)}: scaling down is not stabilised`]),
  ];
};

const triggersOf = (scaler: Manifest, service: string, topic: string): string[] => {
  const triggers = listAt(scaler, "spec", "triggers");
  const kafka = triggers.find((one) => textAt(one, "type") === "kafka");
  const wanted = {
    consumerGroup: service,
    topic,
    excludePersistentLag: "false",
    offsetResetPolicy: "earliest",
  };
  return [
    ...Object.entries(wanted)
      .filter(([key, value]) => textAt(kafka, "metadata", key) !== value)
      .map(([key, value]) => `${nameOf(scaler)}: ${key} of its kafka trigger is not ${value}`),
    ...(textAt(scaler, "spec", "fallback", "behavior") === "currentReplicas"
      ? []
      : [`${nameOf(scaler)}: without an answer it must keep the replicas it has`]),
  ];
};

const externalsOf = (scaler: Manifest, service: string): string[] =>
  ["riffle_lag_records", "riffle_restoring_replicas"]
    .filter(
      (metric) =>
        !listAt(scaler, "spec", "metrics").some(
          (one) =>
            textAt(one, "external", "metric", "name") === metric &&
            textAt(one, "external", "metric", "selector", "matchLabels", "service") === service,
        ),
    )
    .map((metric) => `${nameOf(scaler)}: does not look at ${metric} of ${service}`);

/** PP2, as a query: the number of replicas while one of them restores, else 0. Another Riffle is not counted (PP3). */
const restoringReplicas = (namespace: string, service: string): string => {
  const own = `namespace="${namespace}",service="${service}"`;
  return `(max(riffle_stream_phase{${own},phase=~"joining|restoring"}) > bool 0) * count(up{${own}})`;
};

/** The same for prometheus-adapter, which puts the namespace and the service in. */
const restoringReplicasRule =
  '(max(riffle_stream_phase{phase=~"joining|restoring",<<.LabelMatchers>>}) by (service) > bool 0) * on (service) count(up{<<.LabelMatchers>>}) by (service)';

const onOneLine = (text: string): string => text.trim().split(/\s+/).join(" ");

const waitsForRestores: Policy = {
  title: "nothing is scaled in while a replica of it joins or restores (PP2, PP3)",
  faultsOf: (manifests) => {
    const scalers = manifests.filter(({ kind }) => kind === "ScaledObject");
    return scalers.length > 0 ? scalers.flatMap(restoreTriggerOf) : restoreRuleOf(manifests);
  },
};

const restoreTriggerOf = (scaler: Manifest): string[] => {
  const namespace = textAt(scaler, "metadata", "namespace");
  const query = restoringReplicas(namespace, textAt(scaler, "spec", "scaleTargetRef", "name"));
  const trigger = listAt(scaler, "spec", "triggers").find(
    (one) => textAt(one, "type") === "prometheus" && onOneLine(textAt(one, "metadata", "query")) === query,
  );
  if (trigger === undefined) return [`${nameOf(scaler)}: no trigger asks for ${query}`];
  return Object.entries({ threshold: "1", ignoreNullValues: "false" })
    .filter(([key, value]) => textAt(trigger, "metadata", key) !== value)
    .map(([key, value]) => `${nameOf(scaler)}: ${key} of its trigger for restores is not ${value}`);
};

const restoreRuleOf = (manifests: readonly Manifest[]): string[] => {
  const rules = manifests
    .filter(({ kind }) => kind === "ConfigMap")
    .flatMap(({ data }) => Object.entries((data ?? {}) as { readonly [file: string]: Yaml }))
    .filter(([file]) => file.endsWith(".yaml"))
    .flatMap(([, text]) => listAt(parse(String(text)) as Yaml, "externalRules"));
  const isKnown = rules.some((rule) => onOneLine(textAt(rule, "metricsQuery")) === restoringReplicasRule);
  const shared = rules.filter(
    (rule) => textAt(rule, "resources", "overrides", "namespace", "resource") !== "namespace",
  );
  return [
    ...(isKnown ? [] : [`no rule of prometheus-adapter answers with ${restoringReplicasRule}`]),
    ...shared.map((rule) => `${textAt(rule, "name", "as")}: its namespace is not that of the HPA`),
  ];
};

const asksForRealMetrics = ({ metrics }: CodeFacts): Policy => ({
  title: "autoscaling asks for metrics that a service exports",
  faultsOf: (manifests) =>
    manifests
      .filter(({ kind }) => ["ScaledObject", "ConfigMap"].includes(kind))
      .flatMap((manifest) =>
        [...new Set(JSON.stringify(manifest).match(/riffle_stream_[a-z_]+/g) ?? [])]
          .filter((name) => !metrics.has(name))
          .map((name) => `${nameOf(manifest)}: no service exports ${name}`),
      ),
});

/** The policies of the pipeline. */
export const pipelinePolicies = (facts: CodeFacts): readonly Policy[] => [
  endsInTime(facts),
  bearsADisruption,
  keepsAName,
  deniesByDefault,
  isLetIn,
  asksWhoComes,
  knowsItsVariables(facts),
  scalesWithinReason(facts),
  waitsForRestores,
  isOne,
  asksForRealMetrics(facts),
];
