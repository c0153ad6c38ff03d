// Progress of long work, on one line: `redriving  [#########···········]  45 %  450 of 1,000  12 s left`. Own, because a
// kept library draws what is five lines here, and none writes nothing where nobody watches.

import type { Terminal } from "./terminal.ts";

const widthOfBar = 20;
/** What is estimated from less is wrong. */
const estimateAfterMs = 2_000;
const redrawMs = 100;

/** The line. `of` is undefined where nobody knows how much there is. */
export const progressLine = (
  what: string,
  done: number,
  of: number | undefined,
  elapsedMs: number,
): string => {
  const count = done.toLocaleString("en-US");
  if (of === undefined) return `${what}  ${count}`;
  const share = of <= 0 ? 1 : Math.min(1, done / of);
  const filled = Math.round(share * widthOfBar);
  const bar = "#".repeat(filled) + "·".repeat(widthOfBar - filled);
  const leftMs = share > 0 && elapsedMs >= estimateAfterMs ? (elapsedMs / share) * (1 - share) : undefined;
  const left = leftMs === undefined || share === 1 ? "" : `  ${Math.ceil(leftMs / 1000)} s left`;
  return `${what}  [${bar}]  ${Math.floor(share * 100)} %  ${count} of ${of.toLocaleString("en-US")}${left}`;
};

/** Draws the line, at most ten times a second, where somebody watches. */
export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #what: string;
  readonly #startedAtMs = performance.now();
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal, what: string) {
    this.#terminal = terminal;
    this.#what = what;
  }

  update(done: number, of?: number): void {
    const nowMs = performance.now();
    if (!this.#terminal.isWatched || (nowMs - this.#drawnAtMs < redrawMs && done !== of)) return;
    this.#drawnAtMs = nowMs;
    this.#terminal.progress(progressLine(this.#what, done, of, nowMs - this.#startedAtMs));
  }

  /** Takes the line away. */
  end(): void {
    this.#terminal.progress(undefined);
  }
}
