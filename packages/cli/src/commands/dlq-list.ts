// `riffle dlq list`: what the services could not process.

import { type Call, type Command, jsonOption, kafkaOptions, limitDefault, limitOption } from "../command.ts";
import type { DeadLetter } from "../dead-letters/dead-letter.ts";
import { DeadLetterLog } from "../dead-letters/dead-letter-log.ts";
import { type Listed, listedJson, listingLines } from "../dead-letters/listing.ts";
import { comparePlaces } from "../dead-letters/place.ts";
import { type Criteria, fits } from "../dead-letters/selection.ts";
import { countOption, sinceOption, textOption } from "../option-values.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { counted } from "../terminal/table.ts";

export const dlqList: Command = {
  name: "dlq list",
  summary: "what the services could not process",
  about: [
    "Lists the dead letters of all services, the oldest event time first, and whether they were sent again.",
    "Keys are shown; values are not (see dlq show).",
  ],
  options: {
    topic: { value: "<topic>", help: "only this dead-letter topic" },
    reason: { value: "<code>", help: "only this reason code" },
    since: { value: "<time>", help: "only event times from then on: 7d, 2026-03-01 or 2026-03-01T12:00:00Z" },
    pending: { help: "only those that were not sent again" },
    ...limitOption,
    ...jsonOption,
    ...kafkaOptions,
  },
  examples: [
    "dlq list",
    "dlq list --topic filter.dlq.v1 --reason VALUE_INVALID",
    "dlq list --pending --json",
  ],
  run,
};

async function run(call: Call): Promise<number> {
  const { terminal } = call;
  const topic = textOption(call, "topic");
  const limit = countOption(call, "limit", limitDefault);
  const criteria: Criteria = {
    reason: textOption(call, "reason"),
    sinceMs: sinceOption(call, "since", Date.now()),
  };
  const log = await DeadLetterLog.connect(findBrokers(call), (line) => terminal.note(line));
  try {
    if (topic !== undefined) log.check(topic);
    const newest = new Newest(limit);
    let [found, sent] = [0, 0];
    const marks = await log.marksSoFar();
    for (const name of topic === undefined ? log.topics : [topic]) {
      await log.each(name, (letter) => {
        if (!fits(letter, criteria)) return;
        const sentAtMs = marks.sentAtMs(letter);
        if (sentAtMs !== undefined && call.options["pending"] === true) return;
        found++;
        if (sentAtMs !== undefined) sent++;
        newest.add({ letter: withoutValue(letter), sentAtMs });
      });
    }
    const listed = newest.oldestFirst();
    if (call.options["json"] === true) {
      for (const one of listed) terminal.out(jsonText(listedJson(one)));
    } else if (found === 0) {
      terminal.out("No dead letters.");
    } else {
      for (const line of listingLines(listed)) terminal.out(line);
      terminal.out("");
      terminal.out(`${counted(found, "dead letter")}, ${sent.toLocaleString("en-US")} of them sent again.`);
    }
    if (listed.length < found)
      terminal.note(`Shown are the ${listed.length} with the newest event times; --limit shows more.`);
    return 0;
  } finally {
    await log.close();
  }
}

const withoutValue = (letter: DeadLetter): DeadLetter => ({
  ...letter,
  record: { ...letter.record, value: null, headers: [] },
});

/** The newest of many, in bounded memory. */
class Newest {
  readonly #limit: number;
  #kept: Listed[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(listed: Listed): void {
    this.#kept.push(listed);
    if (this.#kept.length >= 2 * this.#limit + 1_000) this.#kept = this.oldestFirst();
  }

  oldestFirst(): Listed[] {
    return this.#kept
      .toSorted(
        ({ letter: a }, { letter: b }) =>
          a.record.timestampMs - b.record.timestampMs || comparePlaces(a.place, b.place),
      )
      .slice(-this.#limit);
  }
}
