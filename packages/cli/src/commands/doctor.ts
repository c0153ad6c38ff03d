// `riffle doctor`: what is wrong, why, and what to run.
//
//   DR1. It reads and changes nothing.
//   DR2. The exit code is that of the worst finding: 0, 3 for warnings, 4 when something is critical. 1 is the command's
//        own failure, as everywhere.

import { AccountMask, ConfigError } from "@riffle/service-kit/process";
import { StreamsError } from "@riffle/streams";
import type { WireOptions } from "@riffle/streams/kafka";
import { type Call, type Command, jsonDocumentOption, kafkaOptions, revealOption } from "../command.ts";
import { diagnose } from "../doctor/diagnose.ts";
import type { ClusterState, Facts } from "../doctor/facts.ts";
import { exitCodeOf, type Finding, type FindingCode, findingCodes } from "../doctor/finding.ts";
import { lookAtCluster } from "../doctor/look-at-cluster.ts";
import { lookAtMachine, lookAtVariables } from "../doctor/look-at-machine.ts";
import { reportLines } from "../doctor/report.ts";
import { CliError } from "../errors.ts";
import { countOption, oneOf, textOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printableBytes } from "../terminal/printable.ts";
import { counted } from "../terminal/table.ts";

const lagDefault = 1_000;
const secondsDefault = 3;
const allCodes = Object.keys(findingCodes) as FindingCode[];

export const doctor: Command = {
  name: "doctor",
  summary: "what is wrong with machine, cluster, topics and groups: causes, evidence, what to run",
  about: [
    "Looks at this machine, the variables, the brokers and copies, the topics beside the contracts, and twice at the",
    "groups: why one is behind (hot key, stuck transaction, empty group, dead member, slow handler), how sure that is,",
    "what it does and what to run. It changes nothing. Ends with 4 for a critical finding, 3 for warnings, else with 0.",
    "On another machine than the brokers' or the services' the findings on Docker, Java and ports are about this one.",
  ],
  options: {
    ignore: {
      value: "<CODE,…>",
      help: "leave these findings out, and out of the exit code",
      choices: allCodes,
    },
    group: { value: "<name,…>", help: "look at these consumer groups too" },
    lag: {
      value: "<n>",
      help: `a group is behind from so many waiting records on; default ${lagDefault.toLocaleString("en-US")}`,
    },
    seconds: { value: "<n>", help: `between the two looks; default ${secondsDefault}` },
    ...revealOption,
    ...jsonDocumentOption,
    ...kafkaOptions,
  },
  examples: ["doctor", "doctor --json", "doctor --ignore UNDER_REPLICATED,TOPIC_CONFIG --lag 10000"],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal } = call;
  const ignored = listOption(call, "ignore").map((code) => oneOf(code, "--ignore", allCodes));
  const lagMin = countOption(call, "lag", lagDefault);
  const mask = new AccountMask();
  const options = {
    betweenMs: countOption(call, "seconds", secondsDefault) * 1000,
    groups: listOption(call, "group"),
    sampleFromLag: lagMin,
    shownKey: (key: Uint8Array | null) =>
      call.options["reveal"] === true ? printableBytes(key) : mask.mask(printableBytes(key)),
  };
  terminal.progress("looking twice …");
  let facts: Facts;
  try {
    facts = await factsOf(call, options);
  } finally {
    terminal.progress(undefined);
  }
  const findings = diagnose(facts, { lagMin }).filter(({ code }) => !ignored.includes(code));
  if (call.options["json"] === true) terminal.out(jsonText(documentOf(findings, facts)));
  else {
    for (const line of reportLines(findings, terminal)) terminal.out(line);
    terminal.out(summaryOf(findings, facts.cluster));
  }
  return exitCodeOf(findings);
}

type LookOptions = Omit<Parameters<typeof lookAtCluster>[0], "kafka">;

const factsOf = async (call: Call, options: LookOptions): Promise<Facts> => {
  const environment = await lookAtMachine();
  const variables = await lookAtVariables(call.env);
  const base = { environment, variables, cluster: undefined, unreachable: undefined };
  let kafka: WireOptions;
  try {
    kafka = findBrokers(call);
  } catch (error) {
    if (error instanceof CliError && error.code === "CLI_NO_PIPELINE")
      return { ...base, unreachable: "no brokers are named, and no pipeline runs in this checkout" };
    // A variable that is wrong is a finding, when the services have it; else it is this command's own.
    if (!(error instanceof ConfigError) || variables.length === 0) throw error;
    return { ...base, unreachable: error.message };
  }
  try {
    return { ...base, cluster: await lookAtCluster({ ...options, kafka }) };
  } catch (error) {
    if (!(error instanceof StreamsError)) throw error;
    return { ...base, unreachable: `${error.message} (${error.code})` };
  }
};

const listOption = (call: Call, name: string): string[] =>
  (textOption(call, name) ?? "").split(",").filter((word) => word !== "");

const documentOf = (findings: readonly Finding[], { environment, cluster }: Facts): object => ({
  worst: findings[0]?.severity ?? null,
  findings,
  environment,
  cluster:
    cluster === undefined
      ? null
      : {
          brokers: cluster.brokers,
          transactionVersion: cluster.transactionVersion,
          groups: cluster.groups.map(({ group, state, members, partitions }) => ({
            group,
            state,
            members: members.length,
            lag: partitions.reduce((sum, { end, committed }) => sum + Math.max(0, end - committed), 0),
          })),
        },
});

const summaryOf = (findings: readonly Finding[], cluster: ClusterState | undefined): string => {
  const worse = findings.filter(({ severity }) => severity !== "info").length;
  const seen =
    cluster === undefined
      ? "no cluster"
      : `${counted(cluster.brokers, "broker")}, ${counted(cluster.partitions.length, "partition")}, ${counted(cluster.groups.length, "group")}`;
  return worse === 0
    ? `Nothing is wrong that can be seen from here: ${seen}.`
    : `${counted(worse, "finding")} to act on: ${seen}.`;
};
