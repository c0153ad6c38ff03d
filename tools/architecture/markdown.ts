// A Markdown page as the rules see it: its links, its headings, what stands in backticks and in code blocks.

/** A piece of a page and the line it begins on. */
export interface Piece {
  readonly text: string;
  readonly line: number;
}

/** One read page. */
export interface Page {
  /** Targets of `[text](target)`. */
  readonly links: readonly Piece[];
  /** The anchors that headings give, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** What stands in backticks within the prose. */
  readonly code: readonly Piece[];
  /** Lines of fenced blocks, continued lines joined. */
  readonly commands: readonly Piece[];
}

/** Reads a page. */
export function readPage(text: string): Page {
  const links: Piece[] = [];
  const code: Piece[] = [];
  const commands: Piece[] = [];
  const anchors = new Set<string>();
  let fenced = false;
  text.split("\n").forEach((content, index) => {
    const line = index + 1;
    if (/^\s*(```|~~~)/.test(content)) fenced = !fenced;
    else if (fenced) commands.push({ text: content.trim(), line });
    else {
      const heading = /^#+\s+(?<title>.*)$/.exec(content)?.groups?.["title"];
      if (heading !== undefined) anchors.add(anchorOf(heading));
      for (const [, span = ""] of content.matchAll(/`([^`]+)`/g)) code.push({ text: span, line });
      const prose = content.replace(/`[^`]*`/g, "``");
      for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) links.push({ text: target, line });
    }
  });
  return { links, anchors, code, commands };
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}
