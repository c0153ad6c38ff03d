// What a dead letter says of what was left out of it, because it was too large.

import { omissionHeaderNames } from "@riffle/contracts";
import type { HeaderPair } from "@riffle/streams";

/** What was left out of a dead letter. */
export interface Omission {
  /** `value`, `value,headers` or `value,headers,key`. */
  readonly parts: string;
  /** Undefined for a tombstone. */
  readonly valueBytes: number | undefined;
  readonly valueSha256: string;
}

const names = Object.values(omissionHeaderNames);

/** What the headers say was left out: they stand last, where the engine has put them. */
export const omissionOf = (headers: readonly HeaderPair[]): Omission | undefined => {
  const last = headers.slice(-names.length);
  if (last.length < names.length || last.some(([name], i) => name !== names[i])) return undefined;
  const [parts, bytes, sha256] = last.map(([, value]) => value && Buffer.from(value).toString("utf8"));
  return {
    parts: parts ?? "",
    valueBytes: bytes === null || bytes === undefined ? undefined : Number(bytes),
    valueSha256: sha256 ?? "",
  };
};
