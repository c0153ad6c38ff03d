// Imports go one way: contracts ◄ streams ◄ service-kit ◄ services, and contracts ◄ cases ◄ console, cli. `infra`, `audit`, `bench` and `tools`
// are the rim: they look at what ships, and it does not look back.

import { isService, type Place, placeOf, type Target, targetOf } from "../places.ts";
import type { Fault, Rule } from "../rule.ts";

const contracts = "packages/contracts";
const cases = "packages/cases";
const streams = "packages/streams";
const serviceKit = "packages/service-kit";

/** What a package may import besides itself. The rim may look at much, and nothing that ships looks at the rim. */
function allowedFor(home: string): readonly string[] {
  if (home === "services/console") return [contracts, cases, streams, serviceKit];
  if (isService(home)) return [contracts, streams, serviceKit];
  return (
    {
      [cases]: [contracts],
      [streams]: [contracts],
      [serviceKit]: [contracts, streams],
      "packages/cli": [contracts, cases, streams, serviceKit],
      infra: [contracts, streams],
      audit: [contracts, cases, streams, serviceKit, "infra"],
      // How a command's arguments are read.
      tools: ["infra"],
      // The test runner's configuration plants the audit's bugs.
      "": ["audit"],
      bench: [contracts, cases, streams, serviceKit, "infra", "audit"],
    }[home] ?? []
  );
}

const order =
  "imports go one way: contracts ◄ streams ◄ service-kit ◄ services, and contracts ◄ cases ◄ console, cli";

/** Finds imports against the arrow. */
export const layers: Rule = {
  name: "layers",
  check: (repository) =>
    repository.sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ specifier, line }) => {
        const message = faultOf(placeOf(path), targetOf(path, specifier), specifier);
        return message === undefined ? [] : [{ where: `${path}:${line}`, message } satisfies Fault];
      }),
    ),
};

function faultOf(from: Place, target: Target, specifier: string): string | undefined {
  if (target.kind !== "own" || target.place.home === from.home) return undefined;
  const { home } = target.place;
  const isAllowed = allowedFor(from.home).includes(home) || (from.kind === "test" && home === "infra");
  if (home === "infra" && !isAllowed) {
    return `imports ${specifier}; only tests, tools, audit and bench may use infra. Move what is needed into a package, or into a test`;
  }
  if (isService(from.home) && isService(home)) {
    return `imports ${specifier}; services never import each other. Move the shared shape to @riffle/contracts, or meet on a topic`;
  }
  if (!isAllowed) return `${from.home || "the root"} imports ${specifier}; ${order}`;
  if (from.home === streams && from.kind === "ships" && target.path !== `${contracts}/envelope`) {
    return `imports ${specifier}; the engine knows no events. Import @riffle/contracts/envelope, or take what is needed as a parameter`;
  }
  const reachesIn = !target.byName && home.startsWith("packages/");
  return reachesIn
    ? `reaches into ${home} by path (${specifier}); import @riffle/${home.split("/")[1]}`
    : undefined;
}
