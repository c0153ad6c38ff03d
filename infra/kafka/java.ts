// Finds the Java and the Maven of this machine, and says in words what is missing.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Kafka 4's brokers are compiled for 17. */
export const javaVersionMin = 17;

/** A command that was found, or the reason why it cannot be used. */
export type Found<T> =
  | { readonly kind: "found"; readonly value: T }
  | { readonly kind: "missing"; readonly reason: string };

/** A Java that can run a broker. */
export interface Java {
  /** The command: a path under JAVA_HOME, or `java`. */
  readonly command: string;
  /** 17, 21, … */
  readonly version: number;
}

/** JAVA_HOME's Java if it is set, else the one on the PATH; never a second choice behind a JAVA_HOME that is wrong. */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<Found<Java>> {
  const home = env["JAVA_HOME"];
  const command = home === undefined || home === "" ? "java" : join(home, "bin", "java");
  const where = command === "java" ? "on the PATH" : "in JAVA_HOME";
  try {
    // `java -version` writes to stderr, in every version.
    const { stderr } = await run(command, ["-version"], { timeout: 10_000 });
    const version = parseJavaVersion(stderr);
    if (version === undefined) {
      return { kind: "missing", reason: `the java ${where} does not say its version` };
    }
    return version < javaVersionMin
      ? {
          kind: "missing",
          reason: `the java ${where} is version ${version}, ${javaVersionMin} or later is needed`,
        }
      : { kind: "found", value: { command, version } };
  } catch {
    return { kind: "missing", reason: `no java ${where}` };
  }
}

/** The feature release in the output of `java -version`: 8 for `1.8.0_402`, 17 for `17.0.15`. */
export function parseJavaVersion(output: string): number | undefined {
  const match = /version "(?:1\.)?(?<major>\d+)/.exec(output);
  return match === null ? undefined : Number(match.groups?.["major"]);
}

/** Maven is needed once, to fetch the jars. */
export async function findMaven(): Promise<Found<string>> {
  try {
    await run(mavenCommand, ["-v"], { timeout: 20_000, shell: needsShell });
    return { kind: "found", value: mavenCommand };
  } catch {
    return { kind: "missing", reason: "no mvn on the PATH" };
  }
}

/** On Windows Maven is a batch file, which only a shell can start. */
export const needsShell = process.platform === "win32";
const mavenCommand = needsShell ? "mvn.cmd" : "mvn";
