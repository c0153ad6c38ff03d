// Is there a Docker engine here, and does it have the image? Answered quickly, before anything heavy is loaded.

import { existsSync } from "node:fs";
import { type RequestOptions, request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Found } from "./java.ts";

/** Where an engine listens, as the options of a request to it. */
export type DockerEngine = Pick<RequestOptions, "socketPath" | "host" | "port">;

/** An engine that is up answers a ping in milliseconds; one that is starting or stuck is not waited for. */
const pingWithinMs = 2_000;
/** Layers of a public image arrive all the time; silence for this long means that no registry is to be had. */
const pullSilenceMs = 20_000;

/** The engine that DOCKER_HOST names, else the first of the usual sockets that answers. */
export async function findDocker(env: NodeJS.ProcessEnv = process.env): Promise<Found<DockerEngine>> {
  const candidates = engineCandidates(env);
  const reasons: string[] = [];
  for (const engine of candidates) {
    try {
      await ask(engine, "GET", "/_ping", pingWithinMs);
      return { kind: "found", value: engine };
    } catch (error) {
      reasons.push(`${nameOf(engine)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return {
    kind: "missing",
    reason: reasons.length > 0 ? `Docker does not answer (${reasons.join("; ")})` : "no Docker",
  };
}

function engineCandidates(env: NodeJS.ProcessEnv): DockerEngine[] {
  const host = env["DOCKER_HOST"];
  if (host !== undefined && host !== "") {
    const url = new URL(host);
    return url.protocol === "unix:" || url.protocol === "npipe:"
      ? [{ socketPath: decodeURIComponent(url.pathname) }]
      : [{ host: url.hostname, port: Number(url.port) || 2375 }];
  }
  if (process.platform === "win32") {
    return [{ socketPath: "//./pipe/docker_engine" }];
  }
  const runtimeFolder = env["XDG_RUNTIME_DIR"];
  const sockets = [
    "/var/run/docker.sock",
    join(homedir(), ".docker", "run", "docker.sock"),
    ...(runtimeFolder === undefined ? [] : [join(runtimeFolder, "docker.sock")]),
  ];
  return sockets.filter((path) => existsSync(path)).map((socketPath) => ({ socketPath }));
}

/** Makes sure that the engine has `repository:tag`. @throws an `Error` that says why the image cannot be had */
export async function ensureImage(
  engine: DockerEngine,
  repository: string,
  tag: string,
  onPull: () => void,
): Promise<void> {
  const { status } = await ask(engine, "GET", `/images/${repository}:${tag}/json`, pingWithinMs);
  if (status === 200) {
    return;
  }
  onPull();
  const query = new URLSearchParams({ fromImage: repository, tag });
  const { status: pulled, body } = await ask(engine, "POST", `/images/create?${query}`, pullSilenceMs);
  // A pull that fails half-way still answers 200; the last line of its report says so.
  if (pulled !== 200 || body.includes('"error"')) {
    throw new Error(`the image ${repository}:${tag} is not here and cannot be pulled: ${lastLine(body)}`);
  }
}

/** One request. It fails when nothing at all arrives for `silenceMs`. */
async function ask(
  engine: DockerEngine,
  method: "GET" | "POST",
  path: string,
  silenceMs: number,
): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const outgoing = request({ ...engine, method, path, timeout: silenceMs }, (incoming) => {
      // Of a long report only the end matters.
      let body = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (text: string) => {
        body = (body + text).slice(-4_096);
      });
      incoming.once("error", reject);
      incoming.once("end", () => resolve({ status: incoming.statusCode ?? 0, body }));
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error(`silent for ${silenceMs / 1000} s`)));
    outgoing.once("error", reject);
    outgoing.end();
  });
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function nameOf({ socketPath, host, port }: DockerEngine): string {
  return socketPath ?? `${host}:${port}`;
}
