// Acceptance, from the client's answers to ingest's topic (P1): what was answered 202 is there, content included, and nothing
// is there that nobody sent like this. Of an id that came with two contents each that was accepted is looked for.

import type { Transaction } from "@riffle/contracts";
import { contentDigestOf } from "../model/record-lines.ts";
import type { Attempt } from "./load-log.ts";
import type { Sent } from "./sent.ts";

/** What was sent and answered, and what the topic holds. */
export interface Acceptance {
  readonly sent: Sent;
  readonly answered: Iterable<Pick<Attempt, "id" | "content" | "outcome">>;
  readonly received: readonly Transaction[];
}

const shown = 3;

const said = (ids: Iterable<string>, what: string): string[] => {
  const of = [...new Set(ids)];
  return of.length === 0 ? [] : [`${of.length} ${what}, such as ${of.slice(0, shown).join(", ")}`];
};

/** Everything that does not hold, in words; empty when all does. */
export const acceptanceFaults = ({ sent, answered, received }: Acceptance): string[] => {
  const found = new Set(received.map((transaction) => `${transaction.id} ${contentDigestOf(transaction)}`));
  const [lost, refused]: [string[], string[]] = [[], []];
  for (const { id, content, outcome } of answered) {
    if (outcome === "accepted" && !found.has(`${id} ${content}`)) lost.push(id);
    if (outcome === "refused" || (outcome === "conflict" && !sent.isContradicted(id))) refused.push(id);
  }
  const phantoms = received.filter((transaction) => !sent.has(transaction)).map(({ id }) => id);
  return [
    ...said(lost, "answered 202 and lost"),
    ...said(phantoms, "that nobody sent like this"),
    ...said(refused, "refused though valid"),
  ];
};
