// W3C trace context: the one header that ties a request to its records and alerts.

import { randomBytes } from "node:crypto";

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Whether a header is a traceparent that may be passed on: version 00 exactly, later ones by their first four parts. */
export function isTraceparent(header: string): boolean {
  const [, version, traceId = "", parentId = "", , more] = shape.exec(header) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return false;
  return !/^0+$/.test(traceId) && !/^0+$/.test(parentId) && header.length <= 256;
}

/** The request's own traceparent, unchanged where it is valid, or a new one, not sampled. */
export function traceparentOf(header: string | string[] | undefined): string {
  if (typeof header === "string" && isTraceparent(header)) return header;
  return `00-${nonZeroHex(16)}-${nonZeroHex(8)}-00`;
}

/** Random hexadecimal digits, not all zero (the one value the standard forbids). */
function nonZeroHex(byteCount: number): string {
  const hex = randomBytes(byteCount).toString("hex");
  return /^0+$/.test(hex) ? `${hex.slice(0, -1)}1` : hex;
}
