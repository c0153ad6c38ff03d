// What a commit leaves in the metadata of its offsets, to be found by the partition's next owner: who wrote it, so
// that its open transaction can be ended, and the task's stream time, so that it is part of the committed state.

/** The text in an offset's metadata. Kafka allows 4,096 bytes. */
export interface PositionMetadata {
  readonly writer: string;
  readonly streamTimeMs: number;
}

const version = 1;

export const writePositionMetadata = ({ writer, streamTimeMs }: PositionMetadata): string =>
  JSON.stringify({ v: version, writer, streamTimeMs });

/** Undefined for metadata of anything but this engine: a partition never committed, or offsets set by a tool. */
export const readPositionMetadata = (text: string): PositionMetadata | undefined => {
  if (!text.startsWith("{")) return undefined;
  try {
    const { v, writer, streamTimeMs } = JSON.parse(text) as Record<string, unknown> & {
      v?: unknown;
      writer?: unknown;
      streamTimeMs?: unknown;
    };
    return v === version && typeof writer === "string" && typeof streamTimeMs === "number"
      ? { writer, streamTimeMs }
      : undefined;
  } catch {
    return undefined;
  }
};

/** Whether all of these positions were committed last by this writer. */
export const isWrittenBy = (positions: readonly { readonly metadata: string }[], writer: string): boolean =>
  positions.every(({ metadata }) => readPositionMetadata(metadata)?.writer === writer);

/** The stream time that a task's positions were committed with, -1 where none was. */
export const streamTimeOf = (positions: readonly { readonly metadata: string }[]): number =>
  Math.max(-1, ...positions.map(({ metadata }) => readPositionMetadata(metadata)?.streamTimeMs ?? -1));
