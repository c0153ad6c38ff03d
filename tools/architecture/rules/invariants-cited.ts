// The numbered invariants that a page of docs/semantics cites are those in the head of the file it names, word for word.
//
// A page names the file in a paragraph that begins with its path in backticks; the list below it cites: `- **W1.** text`.

import type { Repository } from "../repository.ts";
import type { Fault, Rule } from "../rule.ts";

const folder = "docs/semantics/";
const cited = /^- \*\*(?<id>[A-Z]\d+)\.\*\* (?<text>.*(?:\n {2}\S.*)*)/;
const named = /^`(?<path>[\w./-]+\.ts)`/;
const stated = /^\/\/ {3}(?<id>[A-Z]\d+)\. (?<text>.*(?:\n\/\/ {7}\S.*)*)/gm;

/** Finds citations that the code no longer says. */
export const invariantsCited: Rule = {
  name: "invariants-cited",
  check: (repository) =>
    repository.pages
      .filter((path) => path.startsWith(folder))
      .flatMap((path) => faultsOfPage(repository, path)),
};

function faultsOfPage(repository: Repository, page: string): Fault[] {
  const text = repository.text(page);
  let file = "";
  return [...text.matchAll(/^(?:- \*\*[A-Z]\d+\.|`).*(?:\n {2}\S.*)*/gm)].flatMap((match) => {
    const [piece] = match;
    file = named.exec(piece)?.groups?.["path"] ?? file;
    const citation = cited.exec(piece)?.groups;
    if (citation === undefined) return [];
    const said = invariantsOf(repository.text(file)).get(citation["id"] ?? "");
    if (said === oneLine(citation["text"] ?? "")) return [];
    const where = `${page}:${text.slice(0, match.index).split("\n").length}`;
    const message =
      said === undefined
        ? `cites ${citation["id"]} of ${file}, which the head of that file does not have. Remove it, or name the right file`
        : `cites ${citation["id"]} of ${file} otherwise than that file says: "${said}". Copy it`;
    return [{ where, message }];
  });
}

function invariantsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(stated)].map(({ groups }) => [
      groups?.["id"] ?? "",
      oneLine((groups?.["text"] ?? "").replaceAll("\n//", "\n")),
    ]),
  );
}

/** The words alone: the formatter of pages writes emphasis as _so_, comments write it as *so*. */
function oneLine(text: string): string {
  return text
    .replace(/(?<!\w)[*_](\w+)[*_](?!\w)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
