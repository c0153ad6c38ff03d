// What the pages name exists: links, paths, commands.

import { posix } from "node:path";
import { type Piece, readPage } from "../markdown.ts";
import { placeOf } from "../places.ts";
import type { Repository } from "../repository.ts";
import type { Fault, Rule } from "../rule.ts";

const external = /^[a-z][a-z0-9+.-]*:/;

/** Finds links that lead nowhere, within the repository. */
export const markdownLinks: Rule = {
  name: "markdown-links",
  check: (repository) =>
    repository.pages.flatMap((path) =>
      readPage(repository.text(path)).links.flatMap(({ text, line }) => {
        const message = external.test(text) ? undefined : brokenLink(repository, path, text);
        return message === undefined ? [] : [{ where: `${path}:${line}`, message }];
      }),
    ),
};

function brokenLink(repository: Repository, from: string, link: string): string | undefined {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? from : posix.normalize(posix.join(posix.dirname(from), file));
  if (!repository.has(target)) return `links to ${link}, and there is no ${target}`;
  const needsAnchor = anchor !== undefined && target.endsWith(".md");
  if (!needsAnchor || readPage(repository.text(target)).anchors.has(anchor)) return undefined;
  return `links to ${link}, and ${target} has no such heading`;
}

const fromRoot =
  /^(packages|services|infra|docs|tools|bench|audit|k8s|patches|\.ci)\/[\w@.-]+(\/[\w@.-]+)*\/?$/;
const fromPackage = /^(src|test)\/[\w.-]+(\/[\w.-]+)*\/?$/;
const inComment = /(?<![\w/-])(test\/(?:unit|integration|sim)\/[\w./-]+\.test\.ts)/g;

/** Finds paths, in pages and in comments of the code, to files that do not exist. */
export const pathsNamed: Rule = {
  name: "paths-named",
  check: (repository) => [
    ...repository.pages.flatMap((path) =>
      readPage(repository.text(path))
        .code.filter(({ text }) => !text.includes("/dist/") && isMissing(repository, path, text))
        .map(({ text, line }) => missingPath(`${path}:${line}`, text)),
    ),
    ...repository.sources
      .filter(({ path }) => placeOf(path).home !== "tools")
      .flatMap(({ path }) =>
        [...repository.text(path).matchAll(inComment)]
          .map(([, named = ""]) => named)
          .filter((named) => !repository.has(`${placeOf(path).home}/${named}`))
          .map((named) => missingPath(path, named)),
      ),
  ],
};

function isMissing(repository: Repository, page: string, named: string): boolean {
  if (fromRoot.test(named)) return !repository.has(named.replace(/\/$/, ""));
  const folder = posix.dirname(page);
  // Elsewhere `src/main.ts` stands for that file of any package.
  const isOfPackage = fromPackage.test(named) && folder !== "." && repository.has(`${folder}/package.json`);
  return isOfPackage && !repository.has(posix.join(folder, named).replace(/\/$/, ""));
}

function missingPath(where: string, named: string): Fault {
  return { where, message: `names ${named}, which does not exist. Correct the path, or say what is there` };
}

const pnpmCommand = /(?:^|[\s&|;(])(?:npx -y pnpm@\d+|pnpm)\s+(?<words>[^&|;)#]*)/g;
const nodeCommand = /(?:^|\s)node\s+(?<file>[\w./-]+\.(?:ts|mjs|js))\b/g;
/** Of pnpm itself, and programs that the root depends on. */
const known = ["install", "exec", "add", "audit", "why", "turbo", "vitest", "biome", "tsc"];

/** Finds commands that would fail as written. */
export const commandsNamed: Rule = {
  name: "commands-named",
  check: (repository) =>
    repository.pages.flatMap((path) => {
      const { code, commands } = readPage(repository.text(path));
      return [...code, ...commands].flatMap((piece) => [
        ...unknownScripts(repository, path, piece),
        ...missingPrograms(repository, path, piece),
      ]);
    }),
};

function unknownScripts(repository: Repository, path: string, { text, line }: Piece): Fault[] {
  return [...text.matchAll(pnpmCommand)].flatMap(({ groups }) => {
    const command = groups?.["words"] ?? "";
    const filter = /--filter[ =](?<name>\S+?)(?:\.\.\.)?(?=\s|$)/.exec(command)?.groups?.["name"];
    const words = command
      .replace(/--filter \S+/, "")
      .split(/\s+/)
      .filter((word) => word !== "" && !word.startsWith("-"));
    const script = words[0] === "run" ? words[1] : words[0];
    const scripts = scriptsOf(repository, filter);
    if (script === undefined || (scripts !== undefined && Object.hasOwn(scripts, script))) return [];
    if (words[0] !== "run" && known.includes(script)) return [];
    const message =
      scripts === undefined
        ? `tells to run something in ${filter}, which is no package here`
        : `tells to run "${script}", but the scripts are ${Object.keys(scripts).join(", ")}`;
    return [{ where: `${path}:${line}`, message }];
  });
}

/** The scripts that a command can mean: those of the package that `--filter` names, else those of the root. */
function scriptsOf(
  repository: Repository,
  filter: string | undefined,
): Readonly<Record<string, string>> | undefined {
  if (filter === undefined) return repository.rootScripts;
  const named = repository.manifests.find(({ manifest }) => manifest.name === filter);
  return named === undefined ? undefined : (named.manifest.scripts ?? {});
}

/** A built file stands for its source. */
function missingPrograms(repository: Repository, path: string, { text, line }: Piece): Fault[] {
  return [...text.matchAll(nodeCommand)].flatMap(({ groups }) => {
    const file = groups?.["file"] ?? "";
    const source = file.replace("/dist/", "/src/").replace(/\.js$/, ".ts");
    if (repository.has(file) || repository.has(source)) return [];
    if (repository.has(posix.join(posix.dirname(path), source))) return [];
    return [{ where: `${path}:${line}`, message: `tells to run ${file}, which does not exist` }];
  });
}
