// Why a dead letter's record cannot be read today, or that it can.

import { allTopics, ContractError, contractErrors, headerNames } from "@riffle/contracts";
import { type DeadLetter, lastHeader } from "./dead-letter.ts";

/** What the codec of the record's own topic says of it now. */
export type Verdict =
  | { readonly kind: "readable"; readonly schema: string }
  | {
      readonly kind: "unreadable";
      readonly code: string;
      readonly field: string | undefined;
      readonly message: string;
      readonly remedy: string | undefined;
    }
  /** Its value was left out of the dead letter, and cannot be had. */
  | { readonly kind: "incomplete"; readonly why: string }
  /** This build has no codec for the topic. */
  | { readonly kind: "unknown-topic" };

/** Decodes the record as the service that reads its topic would. */
export const judge = ({ original, record }: DeadLetter): Verdict => {
  const topic = allTopics.find(({ name }) => name === original?.topic);
  if (topic === undefined) return { kind: "unknown-topic" };
  try {
    topic.codec.decode(record.value, lastHeader(record.headers, headerNames.schema));
    return { kind: "readable", schema: topic.codec.schema };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const { code, field, message } = error;
    return { kind: "unreadable", code, field, message, remedy: contractErrors[code].remedy };
  }
};
