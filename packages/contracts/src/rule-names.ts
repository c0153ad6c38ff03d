// The fraud detector's rules by name: what an alert's `rule` is, and what a subscription may ask for.
//
//   U1. It is the only list: the fraud detector's catalogue has an entry for each of them and no other (it does not compile
//       else), and a subscription to a name that is not here is refused at start.
//   U2. A name is never used again for another rule. An alert of a rule that was taken off the list stays readable.

/** The rules by name, in the order in which their alerts go out unless configured. */
export const ruleNames = [
  "card-testing",
  "impossible-travel",
  "velocity-burst",
  "amount-above-mean",
  "dormant-account-awakened",
  "take-over",
] as const;

/** One of {@link ruleNames}. */
export type RuleName = (typeof ruleNames)[number];
