// A bug here looks like a stack that listens to the whole network, runs as root, kills a service in the middle of its last
// commit, configures a variable that nobody reads, or asks for keys that never reach the container.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { serviceNames } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { repositoryFolder } from "../../../folders.ts";
import { brokerSettings, toContainerEnvironment } from "../../../kafka/broker-config.ts";

interface ComposeService {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly env_file?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly mem_limit?: string;
}

const textOf = (path: string): string => readFileSync(join(repositoryFolder, path), "utf8");
const { services, volumes } = parse(textOf("docker-compose.yml"), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService | undefined>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const all = Object.entries(services).map(([name, service]) => [name, service as ComposeService] as const);
const serviceOf = (name: string): ComposeService => {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
};
/** What a variable is where `.env` says nothing: `5` of `${NAME:-5}`. */
const defaultOf = (value: string | number | null | undefined): string =>
  String(value).replace(/\$\{[A-Z_]+:-(?<given>[^}]*)\}/g, "$<given>");
/** The variables of a file in the notation of `.env`. */
const envFile = (path: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    textOf(path)
      .split("\n")
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
const readable = new Set(
  [...textOf(".env.example").matchAll(/^# ([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name),
);
const brokers = ["kafka", "kafka-2", "kafka-3"];

describe("docker-compose.yml", () => {
  it("publishes on the loopback address alone", () => {
    const published = all.flatMap(([, { ports = [] }]) => ports);
    expect(published.length).toBeGreaterThan(0);
    expect(published.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
  });

  it("names a version of each image", () => {
    expect(all.filter(([, { image }]) => !/:[^/]+$/.test(image) || image.endsWith(":latest"))).toEqual([]);
  });

  it("bounds the memory of each container, a broker's well above its heap", () => {
    const bytesOf = (text: string): number => {
      const [, count, unit = ""] = /^(\d+)([mg])$/.exec(text) ?? [];
      return Number(count) * ({ m: 2 ** 20, g: 2 ** 30 }[unit] ?? Number.NaN);
    };
    const limits = all.map(([name, { mem_limit }]) => [name, bytesOf(defaultOf(mem_limit))] as const);
    expect(limits.filter(([, bytes]) => !(bytes > 0))).toEqual([]);
    const heap = / -Xmx(\d+m)$/.exec(defaultOf(serviceOf("kafka").environment?.["KAFKA_HEAP_OPTS"]))?.[1];
    for (const [name, bytes] of limits.filter(([name]) => brokers.includes(name)))
      expect(bytes, name).toBeGreaterThanOrEqual(2 * bytesOf(heap ?? ""));
  });

  it("knows when each of what runs on is healthy", () => {
    const ours = ["topics", ...serviceNames];
    // The images of this repository bring their own check; the job ends.
    const unwatched = all.filter(
      ([name, { healthcheck }]) => !ours.includes(name) && healthcheck?.test === undefined,
    );
    expect(unwatched).toEqual([]);
    expect(textOf("Dockerfile")).toMatch(/^HEALTHCHECK .* CMD \["node", "healthcheck.mjs"\]$/m);
  });

  it("keeps data in named volumes, and every named volume is used", () => {
    const mounted = all.flatMap(([, { volumes: own = [] }]) =>
      own.map((volume) => defaultOf(volume).split(":")[0] ?? ""),
    );
    expect(mounted.filter((source) => !source.startsWith("./")).toSorted()).toEqual(
      Object.keys(volumes).toSorted(),
    );
  });

  it.each([...serviceNames, "topics"])("gives %s no rights, and a read-only root file system", (name) => {
    const { read_only, cap_drop, security_opt } = serviceOf(name);
    expect({ read_only, cap_drop, security_opt }).toEqual({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
  });

  it.each(serviceNames)("gives %s the time to end by itself, and variables that it reads", (name) => {
    const { stop_grace_period = "10s", environment = {} } = serviceOf(name);
    const deadlineMs = Number(/^# SHUTDOWN_DEADLINE_MS=(\d+)$/m.exec(textOf(".env.example"))?.[1]);
    expect(Number.parseInt(stop_grace_period, 10) * 1_000).toBeGreaterThan(deadlineMs);
    expect(Object.keys(environment).filter((variable) => !readable.has(variable))).toEqual([]);
    expect(environment["RIFFLE_INSTANCE_ID"]).toBe(`${name}-0`);
  });

  it.each(brokers)("runs %s with the settings that local brokers have for the same reasons", (name) => {
    const { environment = {} } = serviceOf(name);
    const local = toContainerEnvironment(
      brokerSettings({
        nodeId: 1,
        brokers: 1,
        listeners: { bind: "", advertised: undefined, interBroker: "INSIDE", names: [] },
        quorumVoters: [],
        logDir: "",
      }),
    );
    for (const variable of [
      "KAFKA_AUTO_CREATE_TOPICS_ENABLE",
      "KAFKA_ADD_PARTITIONS_TO_TXN_RETRY_BACKOFF_MS",
      "KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS",
      "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS",
      "KAFKA_BROKER_SESSION_TIMEOUT_MS",
      "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS",
    ]) {
      expect([variable, defaultOf(environment[variable])]).toEqual([variable, local[variable]]);
    }
  });

  it("has its variables explained in docs/deploy.md", () => {
    const page = textOf("docs/deploy.md");
    const names = [...textOf("docker-compose.yml").matchAll(/\$\{([A-Z0-9_]+):-/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect([...new Set(names)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it("starts the second and the third broker in the profile ha alone, which asks for three copies", () => {
    expect(brokers.map((name) => serviceOf(name).profiles)).toEqual([undefined, ["ha"], ["ha"]]);
    const ha = envFile("infra/docker/three-brokers.env");
    expect(ha).toMatchObject({ COMPOSE_PROFILES: "ha", KAFKA_COPIES: "3", KAFKA_IN_SYNC_MIN: "2" });
    expect(ha["KAFKA_BROKERS"]).toBe(brokers.map((name) => `${name}:9092`).join(","));
    // Every variable of the file is one that docker-compose.yml, or compose itself, looks at.
    const asked = textOf("docker-compose.yml");
    const unasked = Object.keys(ha).filter(
      (name) => !name.startsWith("COMPOSE_") && !asked.includes(`\${${name}:`),
    );
    expect(unasked).toEqual([]);
  });
});

describe("AUTH", () => {
  const folder = "infra/docker/access";
  const example = textOf(".env.example");
  /** The parts of .env.example that have the variable are those of the services that ask who comes. */
  const askers = example
    .split(/^## /m)
    .filter((part) => /^# AUTH=/m.test(part))
    .map((part) => part.slice(0, part.indexOf("\n")));
  const rule = /Must be one of ([a-z, ]+)\.\n# AUTH=/.exec(example)?.[1] ?? "";
  const values = rule.split(", ");

  it("is asked for by ingest and the console, and may be required or none", () => {
    expect([askers.toSorted(), values.toSorted()]).toEqual([
      ["console", "ingest"],
      ["none", "required"],
    ]);
  });

  it("has a file for every value, so that another one starts nothing", () => {
    expect(readdirSync(join(repositoryFolder, folder)).toSorted()).toEqual(
      values.map((value) => `${value}.env`).toSorted(),
    );
    for (const value of values) expect(envFile(`${folder}/${value}.env`)["AUTH"]).toBe(value);
    for (const asker of askers) {
      expect(serviceOf(asker).env_file).toEqual([`${folder}/\${AUTH:-none}.env`]);
      // Compose has this above what the file says.
      expect(serviceOf(asker).environment).not.toHaveProperty("AUTH");
    }
  });

  it("has variables in these files that somebody reads", () => {
    const names = values.flatMap((value) => Object.keys(envFile(`${folder}/${value}.env`)));
    expect(names.filter((name) => !readable.has(name))).toEqual([]);
  });

  it.each(askers)("required brings %s the folder in which its file of keys lies", (asker) => {
    const keysFile = envFile(`${folder}/required.env`)["API_KEYS_FILE"] ?? "";
    const mounts = (serviceOf(asker).volumes ?? []).map((volume) => defaultOf(volume).split(":"));
    const [source = "", , mode] = mounts.find(([, target]) => target === posix.dirname(keysFile)) ?? [];
    expect(mode).toBe("ro");
    // Docker would make a folder that is not there, and give it to root.
    expect(existsSync(join(repositoryFolder, source)), source).toBe(true);
  });

  it("none hands on no keys, which would contradict it", () => {
    expect(Object.keys(envFile(`${folder}/none.env`)).filter((name) => /KEYS|JWT|OIDC/.test(name))).toEqual(
      [],
    );
  });

  it("leaves to .env what belongs to tokens: not there unless it says so, for empty is a fault", () => {
    const given = askers.flatMap((asker) => Object.entries(serviceOf(asker).environment ?? {}));
    const ofTokens = given.filter(([name]) => /^(JWT|OIDC)_/.test(name));
    expect(ofTokens.length).toBeGreaterThan(0);
    expect(ofTokens.filter(([, value]) => value !== null)).toEqual([]);
  });
});

describe("Prometheus", () => {
  interface ScrapeConfig {
    readonly honor_labels?: boolean;
    readonly static_configs?: readonly { readonly targets: readonly string[] }[];
    readonly dns_sd_configs?: readonly { readonly names: readonly string[] }[];
  }
  const jobsOf = (path: string): readonly ScrapeConfig[] =>
    (parse(textOf(path)) as { readonly scrape_configs: readonly ScrapeConfig[] }).scrape_configs;

  it("scrapes every service of docker-compose.yml, and leaves the labels that the services give", () => {
    const [job] = jobsOf("infra/prometheus/prometheus.yml");
    const targets = job?.static_configs?.flatMap((config) => config.targets);
    expect([targets?.toSorted(), job?.honor_labels]).toEqual([
      serviceNames.map((name) => `${name}:9464`).toSorted(),
      true,
    ]);
  });

  it("scrapes every service of the overlay dev", () => {
    const [job] = jobsOf("k8s/overlays/dev/prometheus.yml");
    const names = job?.dns_sd_configs?.flatMap((config) =>
      config.names.map((name) => name.replace(/-admin$/, "")),
    );
    expect([names?.toSorted(), job?.honor_labels]).toEqual([serviceNames.toSorted(), true]);
  });
});
