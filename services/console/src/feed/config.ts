// The variables of the live feed.

import { Type } from "typebox";

/** Spread into the console's schema. */
export const feedConfig = {
  FEED_CLIENTS_MAX: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 1_000,
    description:
      "Clients that the live feed serves at once; one more is answered 503. A quarter of them, at least 2, are one reader's at most; where nobody is asked who he is, one network's.",
  }),
  FEED_JOURNAL_EVENTS: Type.Integer({
    // More than the newest events that are in memory: what one batch brings must not go before anyone was given it.
    minimum: 10_000,
    maximum: 100_000_000,
    default: 200_000,
    description:
      "Events that are kept for clients that come back: how far a cursor reaches. Some 500 bytes of disk each.",
  }),
};
