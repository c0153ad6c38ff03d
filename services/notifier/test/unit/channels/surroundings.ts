// What the channels' tests put their channels into: loopback allowed, a clock that the test holds.

import type { Message } from "../../../src/channels/channel.ts";
import type { Surroundings } from "../../../src/channels/surroundings.ts";
import { GuardedConnector } from "../../../src/network/guarded-connector.ts";
import { anAlert } from "../alerts.ts";

export const notificationId = "nt_0123456789abcdef0123456789abcdef";

export const aMessage = (given: Partial<Message> = {}): Message => ({
  notificationId,
  sequence: 7,
  alert: anAlert("t1"),
  ...given,
});

export const surroundings = (given: Partial<Surroundings> = {}): Surroundings => {
  const { policy = { allowPrivateAddresses: true } } = given;
  return {
    nowMs: Date.now,
    policy,
    connector: new GuardedConnector({ policy, connectTimeoutMs: 5_000 }),
    timeoutMs: 5_000,
    socketsMax: 4,
    ...given,
  };
};

/** Nobody stops waiting. */
export const forever = (): AbortSignal => new AbortController().signal;
