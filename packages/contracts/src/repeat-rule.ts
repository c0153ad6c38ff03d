// What becomes of an id that is used again, in one paragraph: the API document, the READMEs of ingest and of the filter and
// docs/semantics say it in these words, and tests compare them (test/unit/repeat-rule.test.ts).

/** The rule, in Markdown on one line. */
export const repeatRule =
  "A transaction is known by its account and its id, from when it came to the filter and for `DEDUP_HORIZON_MS` of stream time, 24 " +
  "hours unless configured, however old it was. Until then the same account and id with the same content is a repeat and with other " +
  "content a conflict; neither has an effect, and what was recorded of them stands in `transactions.rejected.v1`. After that it " +
  "counts as new. Ingest remembers ids alone, for as long as they fit in `REPEAT_MEMORY_BYTES`, each process for itself: a repeat " +
  "of what it remembers is answered 202 and not recorded again; the same id with other content, or for another account, is answered " +
  "409 and is a conflict. An id that ingest has forgotten, sent for another account, is another transaction; so ids have to be " +
  "unique over all accounts.";
