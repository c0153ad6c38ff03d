// A JSON list → its elements, without reading them: only texts and brackets are followed.
//
//   E1. Of a list that is JSON the elements are cut exactly (test/unit/batch/splitters.test.ts, property).
//   E2. An element that is no JSON, but whose texts and brackets end, loses no neighbour: commas at the top separate.
//       Where they do not end nobody can tell what is the next element; that is told, and nothing after it is taken.
//   E3. At most one element is kept, and no more than the largest transaction of it.

import { GatheredBytes } from "../gathered-bytes.ts";
import { type BatchSplitter, type TakeItem, transactionBytesMax } from "./batch-item.ts";

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const opening = 0x5b;
const closing = 0x5d;
const openingBrace = 0x7b;
const closingBrace = 0x7d;

type Where = "before" | "inside" | "after" | "broken";

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Cuts a JSON list into elements. */
export class ListSplitter implements BatchSplitter {
  #where: Where = "before";
  #element = 1;
  /** Open brackets and braces within the element. */
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** The element, as far as it came. */
  readonly #begun = new GatheredBytes();
  #bytes = 0;
  /** Whether the element has anything but space. */
  #isBlank = true;

  push(chunk: Uint8Array, take: TakeItem): void {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#where === "inside") {
        if (!this.#endsElement(byte)) continue;
        this.#keep(chunk.subarray(from, at));
        this.#endElement(byte, take);
        from = at + 1;
      } else if (this.#where === "broken") return;
      else {
        this.#outside(byte, take);
        from = at + 1;
      }
    }
    if (this.#where === "inside") this.#keep(chunk.subarray(from));
  }

  end(take: TakeItem): void {
    if (this.#where === "before") this.#break("json-empty", "the body is empty", take);
    if (this.#where === "inside") {
      this.#break("json-syntax", "the list ends within this element, or before its closing ]", take);
    }
  }

  /** Whether the byte is a comma of the list or its closing bracket. */
  #endsElement(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === backslash) this.#escaped = true;
      else if (byte === quote) this.#inText = false;
      return false;
    }
    if (this.#isBlank && !isSpace(byte)) this.#isBlank = byte === comma || byte === closing;
    switch (byte) {
      case quote:
        this.#inText = true;
        return false;
      case opening:
      case openingBrace:
        this.#depth++;
        return false;
      case closingBrace:
        this.#depth--;
        return false;
      case closing:
        return this.#depth-- <= 0;
      default:
        return byte === comma && this.#depth <= 0;
    }
  }

  #outside(byte: number, take: TakeItem): void {
    if (isSpace(byte)) return;
    if (this.#where === "before" && byte === opening) this.#where = "inside";
    else if (this.#where === "before") this.#break("json-syntax", "a list must begin with [", take);
    else this.#break("json-trailing-data", "there is more after the end of the list", take);
  }

  #keep(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > transactionBytesMax) this.#begun.clear();
    else this.#begun.add(piece);
  }

  #endElement(byte: number, take: TakeItem): void {
    const isEnd = byte === closing;
    const isEmptyList = isEnd && this.#isBlank && this.#element === 1;
    if (isEnd) this.#where = "after";
    if (!isEmptyList) {
      const bytes = this.#begun.take();
      take(
        this.#element,
        this.#bytes > transactionBytesMax ? { kind: "too-large" } : { kind: "bytes", bytes },
      );
      this.#element++;
    }
    this.#begun.clear();
    this.#bytes = 0;
    this.#depth = 0;
    this.#isBlank = true;
  }

  #break(code: string, message: string, take: TakeItem): void {
    this.#where = "broken";
    take(this.#element, { kind: "broken", code, message });
  }
}
