// Conditions that a campaign must meet now and then: faults that never bring them about prove nothing.

/** What to look for in the services' logs, by name. */
const conditions: Readonly<Record<string, RegExp>> = {
  "producer or member fenced": /STREAMS_FENCED/,
  "outcome of a request unknown": /STREAMS_OUTCOME_UNKNOWN/,
  "outcome of a commit unknown": /"EndTxn: no answer from the broker/,
  "broker refused a request": /STREAMS_BROKER_REFUSED/,
  "stale generation or member refused": /ILLEGAL_GENERATION|UNKNOWN_MEMBER_ID/,
  "handler failed at a record": /"action":"(retry|condemn)-record"/,
  "restored from a changelog": /"records":[1-9].*"store restored"/,
  "joined the group again": /"joined the group"/,
  "fail-point or shutdown": /worker stopping/,
  "damaged copy of state refused": /"the copy on disk is not used"/,
};

/** What a round may honestly end without: it takes a fault of one kind in a moment of another. */
export const rareConditions: ReadonlySet<string> = new Set([
  "producer or member fenced",
  "outcome of a commit unknown",
  "damaged copy of state refused",
  "broker refused a request",
  "stale generation or member refused",
  "fail-point or shutdown",
]);

/** How many lines show each condition. */
export const sometimesOf = (lines: Iterable<string>): Record<string, number> => {
  const counts = Object.fromEntries(Object.keys(conditions).map((name) => [name, 0]));
  for (const line of lines)
    for (const [name, pattern] of Object.entries(conditions))
      if (pattern.test(line)) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};
