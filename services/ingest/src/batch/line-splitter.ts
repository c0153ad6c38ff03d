// NDJSON → lines: what stands between two line breaks is one transaction, whatever it is.
//
//   L1. A line is cut at 0x0A alone, which no character of UTF-8 and no text of strict JSON holds. So a broken line
//       never takes its neighbours with it.
//   L2. At most one line is kept, and no more than the largest transaction of it.
//   L3. Empty lines are none, but counted: the number of a line is that of an editor.

import { GatheredBytes } from "../gathered-bytes.ts";
import { type BatchItem, type BatchSplitter, type TakeItem, transactionBytesMax } from "./batch-item.ts";

const lineBreak = 0x0a;

/** Cuts NDJSON into lines. */
export class LineSplitter implements BatchSplitter {
  #line = 0;
  /** The line that has not ended, as far as it came. */
  readonly #begun = new GatheredBytes();
  #bytes = 0;

  push(chunk: Uint8Array, take: TakeItem): void {
    let from = 0;
    for (let at = chunk.indexOf(lineBreak); at >= 0; at = chunk.indexOf(lineBreak, from)) {
      this.#endLine(chunk.subarray(from, at), take);
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  end(take: TakeItem): void {
    this.#endLine(new Uint8Array(), take);
  }

  #keep(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > transactionBytesMax) this.#begun.clear();
    else this.#begun.add(piece);
  }

  #endLine(last: Uint8Array, take: TakeItem): void {
    this.#line++;
    if (this.#bytes === 0) {
      this.#takeWhole(last, last.length, take);
      return;
    }
    this.#keep(last);
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.#takeWhole(this.#begun.take(), bytes, take);
  }

  #takeWhole(line: Uint8Array, bytes: number, take: TakeItem): void {
    if (bytes > transactionBytesMax) take(this.#line, { kind: "too-large" });
    else if (!isBlank(line)) take(this.#line, { kind: "bytes", bytes: line } satisfies BatchItem);
  }
}

/** Nothing but spaces, tabs and carriage returns. */
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
