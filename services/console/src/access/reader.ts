// Who reads, as far as the console goes by it.

import type { Role } from "./roles.ts";

/** By what somebody was recognised: a key or token on the request, a session's cookie, or nothing because nothing is asked. */
export type Via = "key" | "token" | "session" | "none";

/** Somebody who was let in. */
export interface Reader {
  /** Name of the key, or subject of the token; no secret. */
  readonly name: string;
  readonly via: Via;
  /** The highest role. */
  readonly role: Role;
  /** It and those it includes. */
  readonly roles: readonly Role[];
  /** Whether account ids are shown in full; each such reading is put on record. */
  readonly seesFullIds: boolean;
  /** Whether this one would still be let in: a key taken away or a session ended ends an open connection too. */
  readonly isStillIn: () => boolean;
}
