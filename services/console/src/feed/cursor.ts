// Cursors: `<epoch>.<seq>`, where a client stands in the journal of one database.

const shape = /^([A-Za-z0-9-]{1,64})\.(0|[1-9]\d{0,15})$/;

/** A place in the journal of a database. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** What `cursor=` and `Last-Event-ID` may say; undefined when it is none of it. */
export function parseCursor(text: string): Cursor | "earliest" | undefined {
  if (text === "earliest") return text;
  const [, epoch, seq] = shape.exec(text) ?? [];
  return epoch === undefined || seq === undefined || Number(seq) > Number.MAX_SAFE_INTEGER
    ? undefined
    : { epoch, seq: Number(seq) };
}

/** A cursor's text. */
export const cursorText = (epoch: string, seq: number): string => `${epoch}.${seq}`;
