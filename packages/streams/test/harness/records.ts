// Records as tests write and read them.

import type { HeaderPair, RawRecord } from "../../src/worker/record.ts";

/** A record as a fetch would give it. */
export const rawRecord = (
  offset: number,
  key: string | null,
  value: string | Uint8Array | null,
  more: { readonly timestampMs?: number; readonly headers?: readonly HeaderPair[] } = {},
): RawRecord => ({
  offset,
  key: key === null ? null : Buffer.from(key),
  value: typeof value === "string" ? Buffer.from(value) : value,
  timestampMs: more.timestampMs ?? 1_000 + offset,
  headers: more.headers ?? [],
});

/** Bytes as text; `null` stays. */
export const textOf = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();

/** Headers as text by name. */
export const headersOf = (headers: readonly HeaderPair[]): Record<string, string | null> =>
  Object.fromEntries(headers.map(([name, value]) => [name, textOf(value)]));
