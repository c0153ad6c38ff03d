// `node audit/rehearsals/adapter-image.ts`: the image of prometheus-adapter under its public name, compiled from its Go module,
// for a machine that reaches Go's modules and no registry of images. Needs Go and Docker; elsewhere the public image is
// simply there.
//
//   AI1. Name and version are those of the overlay `rehearsal-hpa`, and are written nowhere else.
//   AI2. What is compiled is the module as it was released, with the versions of its own go.mod and go.sum.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { repositoryRoot, sh } from "./shell.ts";
import { timeline } from "./timeline.ts";

const manifest = "k8s/overlays/rehearsal-hpa/prometheus-adapter.yaml";
const module = "sigs.k8s.io/prometheus-adapter";
const compileWithinMs = 3_600_000;
/** Compiling then takes a third less. */
const noOptimisation = "-gcflags=all=-N -l";
const dockerfile = `FROM scratch
COPY adapter /adapter
USER 65534
ENTRYPOINT ["/adapter"]
`;

commandLine({
  command: "node audit/rehearsals/adapter-image.ts",
  does: "Compiles the image of prometheus-adapter from its Go module, under its public name. Needs Go and Docker.",
});

const say = timeline();

const imageIn = (text: string): { readonly image: string; readonly version: string } => {
  const [, image, version] = /^ *image: (\S+\/prometheus-adapter:(v[\d.]+))$/m.exec(text) ?? [];
  if (image === undefined || version === undefined)
    throw new Error(`${manifest} names no image of prometheus-adapter with a version`);
  return { image, version };
};

const { image, version } = imageIn(readFileSync(join(repositoryRoot, manifest), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "riffle-adapter-"));
try {
  say(`go mod download ${module}@${version}`);
  const { Dir: source } = JSON.parse(
    await sh(["go", "mod", "download", "-json", `${module}@${version}`]),
  ) as {
    readonly Dir: string;
  };
  say("go build ./cmd/adapter");
  const flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", noOptimisation, "-ldflags=-s -w"];
  await sh(["go", "build", "-C", source, ...flags, "-o", join(folder, "adapter"), "./cmd/adapter"], {
    env: { CGO_ENABLED: "0" },
    withinMs: compileWithinMs,
  });
  await sh(["docker", "build", "--quiet", "--tag", image, "--file", "-", folder], { input: dockerfile });
  say(image);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
