// Apache Kafka's own jars, fetched once from where the project publishes them and kept in `.riffle/kafka/`.
//
//   A1. A folder of jars is complete or absent: Maven fills a folder beside it, which is then renamed.
//   A2. Two processes may fetch at once; the one that renames second throws its copy away.
//   A3. A folder is named by a hash of the pom that filled it, so a change here never meets old jars.
//
// The broker and the command-line tools lie in separate folders because the newest published tools are a release
// behind the broker, and the two do not run with each other's jars.

import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { riffleFolder } from "../folders.ts";
import { LocalKafkaError, reasonOf } from "./errors.ts";
import { findMaven, needsShell } from "./java.ts";
import type { OnProgress } from "./running-kafka.ts";

const run = promisify(execFile);

/** The broker's version, for the jars and for the container image alike. */
export const kafkaVersion = "4.4.0";
/** The newest release of the tools. */
const toolsVersion = "4.3.1";
/** The log4j that Kafka 4.4 brings, so that its slf4j binding fits. */
const log4jVersion = "2.25.5";

/** 43 MB over a slow line, with Maven's own plugins on top when it is new on this machine. */
const downloadWithinMs = 10 * 60_000;

interface Artifacts {
  readonly title: string;
  readonly name: string;
  readonly dependencies: readonly string[];
}

const broker: Artifacts = {
  title: `Apache Kafka ${kafkaVersion}`,
  name: `broker-${kafkaVersion}`,
  dependencies: [
    `org.apache.kafka:kafka_2.13:${kafkaVersion}`,
    `org.apache.logging.log4j:log4j-slf4j-impl:${log4jVersion}`,
  ],
};

const tools: Artifacts = {
  title: `Apache Kafka's command-line tools ${toolsVersion}`,
  name: `tools-${toolsVersion}`,
  dependencies: [
    `org.apache.kafka:kafka-tools:${toolsVersion}`,
    `org.apache.logging.log4j:log4j-slf4j-impl:${log4jVersion}`,
  ],
};

/** The class path of the broker and of `kafka.tools.StorageTool`, as `java -cp` takes it. */
export async function brokerClassPath(onProgress: OnProgress): Promise<string> {
  return await classPath(broker, onProgress);
}

/**
 * The class path of Kafka's command-line tools, as `java -cp` takes it. Tests use it to look at topics with
 * Apache's own consumer (`org.apache.kafka.tools.consumer.ConsoleConsumer`).
 */
export async function toolsClassPath(onProgress: OnProgress = () => undefined): Promise<string> {
  return await classPath(tools, onProgress);
}

/** Whether the broker's jars are here already, so that Maven and a network are not needed. */
export function brokerIsFetched(): boolean {
  return existsSync(folderOf(broker));
}

async function classPath(artifacts: Artifacts, onProgress: OnProgress): Promise<string> {
  const folder = folderOf(artifacts);
  if (!existsSync(folder)) {
    onProgress(`fetching ${artifacts.title} with Maven (once; kept in .riffle/kafka)`);
    await fetchInto(folder, artifacts);
  }
  return join(folder, "*");
}

function folderOf(artifacts: Artifacts): string {
  const hash = createHash("sha256").update(pomOf(artifacts)).digest("hex").slice(0, 8);
  return join(riffleFolder, "kafka", `${artifacts.name}-${hash}`);
}

async function fetchInto(folder: string, artifacts: Artifacts): Promise<void> {
  const maven = await findMaven();
  if (maven.kind === "missing") {
    throw new LocalKafkaError(
      "KAFKA_DOWNLOAD_FAILED",
      `fetching ${artifacts.title}: ${maven.reason}; install Maven (it is needed once), or use Docker`,
    );
  }
  const work = `${folder}.part-${randomUUID()}`;
  await mkdir(work, { recursive: true });
  try {
    await writeFile(join(work, "pom.xml"), pomOf(artifacts));
    const jars = join(work, "jars");
    await run(
      maven.value,
      [
        "-q",
        "-B",
        "-f",
        join(work, "pom.xml"),
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        `-DoutputDirectory=${jars}`,
      ],
      { timeout: downloadWithinMs, shell: needsShell, maxBuffer: 16 * 1024 * 1024 },
    );
    await publish(jars, folder);
  } catch (error) {
    throw new LocalKafkaError(
      "KAFKA_DOWNLOAD_FAILED",
      `fetching ${artifacts.title} with Maven: ${mavenReason(error)}`,
      {
        cause: error,
      },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A1 and A2: the rename fails when somebody else's complete folder is already there, which serves as well. */
async function publish(jars: string, folder: string): Promise<void> {
  try {
    await rename(jars, folder);
  } catch (error) {
    if (!existsSync(folder)) {
      throw error;
    }
  }
}

/** Maven reports on stdout; its first error line is the one that names the cause. */
function mavenReason(error: unknown): string {
  const stdout = error instanceof Error && "stdout" in error ? String(error.stdout) : "";
  const line = stdout.split("\n").find((candidate) => candidate.startsWith("[ERROR]"));
  return line?.slice("[ERROR]".length).trim() ?? reasonOf(error);
}

function pomOf({ name, dependencies }: Artifacts): string {
  const blocks = dependencies.map((dependency) => {
    const [groupId, artifactId, version] = dependency.split(":");
    return `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>riffle</groupId>
  <artifactId>${name}</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${blocks.join("\n    ")}
  </dependencies>
</project>
`;
}
