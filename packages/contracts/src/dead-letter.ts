// Dead letters: records that a service could not process, with their bytes unchanged.
//
//   D1. Key, value and headers stay as they came, the `schema` header included; only the headers below are added.
//   D2. So their topics are as sensitive as the input, and sending a dead letter again is copying it back.
//   D3. A dead letter that would not fit its topic is without its value, or without its headers or its key too, as much as
//       need be, and says so. The record itself stands where it was read from, for as long as that topic keeps it.
import type { Codec } from "./envelope.ts";

/**
 * The codec of dead letters: the value's bytes, unchanged, `null` included.
 *
 * Its `schema` is empty, which means: it writes no `schema` header, since the one that the record came with still says
 * what the value was meant to be. `encode(null)` gives no bytes; a producer that must keep a tombstone passes the
 * `null` on instead of encoding it.
 */
export const bytesCodec: Codec<Uint8Array | null> = {
  schema: "",
  encode: (value) => value ?? new Uint8Array(0),
  decode: (bytes) => bytes,
};
