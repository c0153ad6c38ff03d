// Lines of input in batches as ingest takes them.
//
//   B1. A line is sent as it came; only blank ones are left out. Its number is that of an editor.
//   B2. At most one batch and one unfinished line are kept.

/** A line that holds something, and its number from 1. */
export interface NumberedLine {
  readonly line: number;
  readonly bytes: Uint8Array;
}

/** Well below the 10,000 lines and 8 MiB that ingest takes: the first results come soon. */
const linesMax = 1_000;
const bytesMax = 1 << 20;
/** A line of more bytes is refused by ingest for what it is; far more than that is no line, and not kept. */
const lineBytesMax = 8 << 20;

const lineBreak = 0x0a;
const isBlank = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/** The lines of some bytes. @throws RangeError when one has no end within 8 MiB */
export async function* linesIn(input: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedLine, void> {
  let line = 0;
  let pieces: Uint8Array[] = [];
  let kept = 0;
  const take = (last: Uint8Array): NumberedLine => {
    const bytes = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
    pieces = [];
    kept = 0;
    return { line: ++line, bytes };
  };
  for await (const chunk of input) {
    let from = 0;
    for (let at = chunk.indexOf(lineBreak); at >= 0; at = chunk.indexOf(lineBreak, from)) {
      const found = take(chunk.subarray(from, at));
      if (!isBlank(found.bytes)) yield found;
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    kept += rest.length;
    if (kept > lineBytesMax) throw new RangeError(`line ${line + 1} does not end within 8 MiB`);
    if (rest.length > 0) pieces.push(rest);
  }
  const last = take(new Uint8Array());
  if (!isBlank(last.bytes)) yield last;
}

/** The same in batches, each within the limits unless it is one line. */
export async function* batchesOf(lines: AsyncIterable<NumberedLine>): AsyncGenerator<NumberedLine[], void> {
  let batch: NumberedLine[] = [];
  let bytes = 0;
  for await (const each of lines) {
    if (batch.length > 0 && (batch.length >= linesMax || bytes + each.bytes.length > bytesMax)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(each);
    bytes += each.bytes.length + 1;
  }
  if (batch.length > 0) yield batch;
}
