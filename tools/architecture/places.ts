// Where a file belongs: which package, and whether it ships, helps tests or is a test.

import { posix } from "node:path";

/**
 * What a file is for. `testing` is an entry point of a package for other people's tests; `bundled` is built into files
 * that ship, so that its packages are needed at build time alone.
 */
export type FileKind = "ships" | "bundled" | "testing" | "test";

/** The package of a file and what the file is for. */
export interface Place {
  /** Folder of the package: `packages/streams`, `services/ingest`, `infra`, `` for the root. */
  readonly home: string;
  readonly kind: FileKind;
}

/** A resolved import. */
export type Target =
  | { readonly kind: "node"; readonly name: string }
  | { readonly kind: "external"; readonly name: string }
  | {
      readonly kind: "own";
      readonly place: Place;
      /** Path of the file; of a package's entry point its folder and subpath, `packages/contracts/envelope`. */
      readonly path: string;
      readonly byName: boolean;
    };

const librariesOfOurs = ["contracts", "cases", "streams", "service-kit", "cli"];
const rimFolders = ["infra", "bench", "tools", "audit"];

/** The place of a path. */
export function placeOf(path: string): Place {
  const [first = "", second = ""] = path.split("/");
  const inGroup = first === "packages" || first === "services";
  const home = inGroup ? `${first}/${second}` : rimFolders.includes(first) ? first : "";
  const inside = path.slice(home.length);
  if (/\/test\//.test(inside)) return { home, kind: "test" };
  if (isService(home) && inside.startsWith("/dashboard/")) return { home, kind: "bundled" };
  return { home, kind: /\/testing(\/|$)/.test(inside) ? "testing" : "ships" };
}

/** What an import of `from` refers to. */
export function targetOf(from: string, specifier: string): Target {
  if (specifier.startsWith("node:")) return { kind: "node", name: specifier };
  if (specifier.startsWith(".")) {
    const path = posix.normalize(posix.join(posix.dirname(from), specifier));
    return { kind: "own", place: placeOf(path), path, byName: false };
  }
  const [scope = "", name = "", ...subpath] = specifier.split("/");
  if (scope !== "@riffle") {
    return { kind: "external", name: scope.startsWith("@") ? `${scope}/${name}` : scope };
  }
  const path = [homeOfPackage(name), ...subpath].join("/");
  return { kind: "own", place: placeOf(path), path, byName: true };
}

/** The folder of a package of ours by its name without the scope. */
export function homeOfPackage(name: string): string {
  if (librariesOfOurs.includes(name)) return `packages/${name}`;
  return rimFolders.includes(name) ? name : `services/${name}`;
}

/** Whether a path is a file of the services. */
export function isService(home: string): boolean {
  return home.startsWith("services/");
}
