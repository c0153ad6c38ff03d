// What the rules are given of a transaction, and how much of it an account may have waiting.
//
//   J1. Rules are given a transaction without its `metadata`: no rule reads it, and it may be 17 kB. So neither state nor
//       evidence has it; it stands in `transactions.screened.v1`, under the same id.
//   J2. What of an account may still change its place, younger than grace, is at most `unsettledBytesMax` in each rule's
//       store. An account that has more is not forgotten: its older half counts as settled before grace is over, and a
//       transaction that comes before those is not looked at by that rule (F5). In order nothing changes.

import type { Transaction } from "@riffle/contracts";

/**
 * Bytes that an account's unsettled transactions may have in one store. Stored with them are the alerts made of them, which
 * hold them once more, and what a match could still be made of: together they stay below the 1 MiB of a changelog record.
 */
export const unsettledBytesMax = 256 * 1024;

/** The transaction as rules see it (J1). */
export const judgedPartOf = (transaction: Transaction): Transaction => {
  if (transaction.metadata === undefined) return transaction;
  const { metadata: _, ...judged } = transaction;
  return judged;
};

/** JSON of a stored event around the fields that are counted one by one, with the longest amount, times and offset. */
const bytesAround = 215;
/** Names, quotes and commas of the optional fields, and the values of those that are short. */
const bytesOfOptional = { channel: 26, merchantCategory: 26, country: 15, place: 74, text: 20 };

/** The bytes of a stored transaction as JSON, or a little more. */
export const bytesOfJudged = (transaction: Transaction): number => {
  const { id, accountId, channel, merchantCategory, country, latitude } = transaction;
  let bytes = bytesAround + id.length + accountId.length;
  if (channel !== undefined) bytes += bytesOfOptional.channel;
  if (merchantCategory !== undefined) bytes += bytesOfOptional.merchantCategory;
  if (country !== undefined) bytes += bytesOfOptional.country;
  if (latitude !== undefined) bytes += bytesOfOptional.place;
  return (
    bytes +
    bytesOfText(transaction.merchantId) +
    bytesOfText(transaction.deviceId) +
    bytesOfText(transaction.counterpartyId) +
    bytesOfText(transaction.ipAddress)
  );
};

/** Characters that JSON in UTF-8 writes as one byte. */
const plain = /^[ !#-[\]-~]*$/;
/** The longest that JSON writes for one UTF-16 unit: `\ud800`. */
const unitBytesMax = 6;

const bytesOfText = (text: string | undefined): number => {
  if (text === undefined) return 0;
  return bytesOfOptional.text + text.length * (plain.test(text) ? 1 : unitBytesMax);
};
