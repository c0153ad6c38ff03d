// Whom a record is meant for.
//
// A topic may have several readers. A dead letter that is sent again comes from one of them: the others have had the
// record, and a second one would be a second effect. So it names the service it is for, and every other passes it by.

import { redriveHeaderNames } from "@riffle/contracts/envelope";
import type { RawRecord } from "./record.ts";
import { textOf } from "./record-decoding.ts";

/** Whether the record was sent again for another service than this one. */
export const isForAnother = ({ headers }: RawRecord, service: string): boolean => {
  for (const [name, value] of headers) {
    if (name === redriveHeaderNames.to && value !== null) return textOf(value) !== service;
  }
  return false;
};
