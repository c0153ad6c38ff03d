// What the channels of a process share.

import type { AddressPolicy } from "../network/address-guard.ts";
import type { GuardedConnector } from "../network/guarded-connector.ts";

/** What a channel is made with besides its endpoint. */
export interface Surroundings {
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
  /** One for all channels, with this policy: lookups of a name are shared. */
  readonly connector: GuardedConnector;
  readonly policy: AddressPolicy;
  /** How long an attempt may take where the endpoint does not say, milliseconds. */
  readonly timeoutMs: number;
  /** Most connections to one endpoint at once, at least 1. */
  readonly socketsMax: number;
}
