// A bug here is an alert that does not fire when it should, found out on the day it was needed.
//
// promtool comes in Prometheus' image; there is no package of it. Where no Docker answers, or the image cannot be had,
// these tests are listed as skipped, and the run says why.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { GenericContainer, Wait } from "testcontainers";
import { describe, expect, it } from "vitest";
import { type DockerEngine, ensureImage, findDocker } from "../../kafka/docker-engine.ts";
import { caseFile, healthyStory, jumpingStory, restlessStory, skippingStory } from "./ledger-stories.ts";

const repository = "prom/prometheus";
/** The one of docker-compose.yml. */
const tag = "v2.42.0";
const folder = join(import.meta.dirname, "../../prometheus");

const reasonNotToRun = async (): Promise<string | undefined> => {
  const docker = await findDocker();
  return docker.kind === "missing" ? docker.reason : await missingImage(docker.value);
};

const missingImage = async (engine: DockerEngine): Promise<string | undefined> => {
  try {
    await ensureImage(engine, repository, tag, () => {});
    return undefined;
  } catch (error) {
    return String(error);
  }
};

const notRun = await reasonNotToRun();
if (notRun !== undefined) process.stderr.write(`[promtool] alert rules are NOT tested: ${notRun}\n`);

/** Stories for the ledger's rule: their file, and its text. */
const stories = {
  "/stories/healthy.yml": caseFile("nothing lost", healthyStory, false, 8),
  "/stories/restless.yml": caseFile("nothing lost, killed again and again", restlessStory, false, 4),
  "/stories/skipping.yml": caseFile("some passed over", skippingStory, true, 4),
  "/stories/jumping.yml": caseFile("begun at the end", jumpingStory, true, 2),
};

/** Runs promtool over the folder; its output, and whether it was content. */
const promtool = async (...words: readonly string[]): Promise<{ ok: boolean; output: string }> => {
  let output = "";
  const container = new GenericContainer(`${repository}:${tag}`)
    .withEntrypoint(["promtool"])
    .withCommand([...words])
    .withCopyDirectoriesToContainer([{ source: folder, target: "/rules" }])
    .withCopyContentToContainer(Object.entries(stories).map(([target, content]) => ({ target, content })))
    .withLogConsumer((stream) => stream.on("data", (chunk) => (output += String(chunk))))
    .withWaitStrategy(Wait.forOneShotStartup())
    .withStartupTimeout(200_000);
  try {
    const started = await container.start();
    await started.stop();
    return { ok: true, output };
  } catch (error) {
    return { ok: false, output: `${output}\n${String(error)}` };
  }
};

const inside = (kind: "rules" | "tests"): string[] =>
  readdirSync(join(folder, kind)).map((file) => `/rules/${kind}/${file}`);

describe.skipIf(notRun !== undefined)(`promtool${notRun === undefined ? "" : `, not run: ${notRun}`}`, () => {
  it("finds the configuration and its rules well-formed", { timeout: 120_000 }, async () => {
    const { ok, output } = await promtool("check", "config", "/rules/prometheus.yml");
    expect(ok, output).toBe(true);
  });

  it("sees every alert fire when it should, and at no other time", { timeout: 120_000 }, async () => {
    const { ok, output } = await promtool("test", "rules", ...inside("tests"));
    expect(ok, output).toBe(true);
  });

  it.each(Object.keys(stories))(
    "finds the ledger's rule right about %s",
    { timeout: 240_000 },
    async (file) => {
      const { ok, output } = await promtool("test", "rules", file);
      expect(ok, output.slice(0, 5_000)).toBe(true);
    },
  );

  it("is not content with a rule that is wrong", { timeout: 120_000 }, async () => {
    const { ok } = await promtool("check", "rules", "/rules/prometheus.yml");
    expect(ok).toBe(false);
  });
});
