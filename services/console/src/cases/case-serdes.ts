// How the desk's cases lie in their changelog and in its copy on disk: small, for a start reads all of them.
//
//   S1. Any case that the contract lets through comes back as it was (test/unit/cases/case-serdes.test.ts).
//   S2. Ids and hashes are written as the bytes that their hexadecimal digits stand for. A case is mostly ids of alerts: so it
//       takes two fifths of its JSON, and several share a page of the copy, where its JSON took a page of its own.
//   S3. What was written as JSON, before there was this, is read too; each case is written anew when it next changes.

import { alertSeverities, type CaseSnapshot, caseDispositions, caseStatuses } from "@riffle/contracts";
import {
  type BinaryShape,
  binary,
  binarySerde,
  jsonSerde,
  readingAlso,
  type Serde,
  StreamsError,
} from "@riffle/streams";

/** Hexadecimal digits of an id behind its prefix. */
const idDigits = 32;
const hexadecimal = /^[0-9a-f]*$/;

const unwritable = (shape: string, what: string): StreamsError =>
  new StreamsError("STREAMS_VALUE_UNWRITABLE", `Writing a value as ${shape} failed: ${what}.`);

/** A text of so many hexadecimal digits behind a prefix. */
const hexText = (prefix: string, digits: number): BinaryShape<string> => {
  const name = `hex(${JSON.stringify(prefix)},${digits})`;
  return {
    name,
    bytesMin: 1,
    write: (sink, text) => {
      const hex = text.slice(prefix.length);
      if (!text.startsWith(prefix) || hex.length !== digits || !hexadecimal.test(hex))
        throw unwritable(name, "it is another text");
      binary.bytes.write(sink, Buffer.from(hex, "hex"));
    },
    read: (source) => {
      const hex = binary.bytes.read(source) as Buffer;
      if (hex.length * 2 !== digits) throw source.refusal("a text has another length");
      return prefix + hex.toString("hex");
    },
  };
};

/** Ids with one prefix, all in one piece of bytes: a case has up to 500, and each by itself would be a call. */
const idList = (prefix: string): BinaryShape<string[]> => {
  const name = `ids(${JSON.stringify(prefix)})`;
  return {
    name,
    bytesMin: 1,
    write: (sink, ids) => {
      let hex = "";
      for (const id of ids) {
        if (id.length !== prefix.length + idDigits || !id.startsWith(prefix))
          throw unwritable(name, "an item is another text");
        hex += id.slice(prefix.length);
      }
      if (!hexadecimal.test(hex)) throw unwritable(name, "an item is another text");
      binary.bytes.write(sink, Buffer.from(hex, "hex"));
    },
    read: (source) => {
      const hex = (binary.bytes.read(source) as Buffer).toString("hex");
      if (hex.length % idDigits !== 0) throw source.refusal("a list of ids ends within one");
      const ids = new Array<string>(hex.length / idDigits);
      for (let i = 0; i < ids.length; i++) ids[i] = prefix + hex.slice(i * idDigits, (i + 1) * idDigits);
      return ids;
    },
  };
};

const caseIdShape = hexText("cs_", idDigits);

const caseShape: BinaryShape<CaseSnapshot> = binary.struct({
  id: caseIdShape,
  accountId: binary.string,
  status: binary.literal(...caseStatuses),
  version: binary.int,
  openedAt: binary.string,
  updatedAt: binary.string,
  assignee: binary.nullable(binary.string),
  disposition: binary.nullable(binary.literal(...caseDispositions)),
  severity: binary.literal(...alertSeverities),
  alerts: binary.int,
  alertIds: idList("al_"),
  withdrawnAlertIds: idList("al_"),
  previousCaseId: binary.nullable(caseIdShape),
  linkedCaseIds: idList("cs_"),
  comments: binary.int,
  lastBy: binary.string,
  lastHash: hexText("", 64),
  recentCommands: binary.array(
    binary.struct({ id: binary.string, version: binary.int, fingerprint: hexText("", 16) }),
  ),
});

/** The cases of an account. */
export interface AccountCases {
  /** The case that was opened last. */
  readonly lastId: string;
  /** The one that is open, if any: at most one is. */
  readonly openId: string | null;
}

const accountShape: BinaryShape<AccountCases> = binary.struct({
  lastId: caseIdShape,
  openId: binary.nullable(caseIdShape),
});

const now = <V>(shape: BinaryShape<V>): Serde<V> =>
  readingAlso(binarySerde(shape), jsonSerde<V>(), (value) => value);

/** Of a case. */
export const caseSerde: Serde<CaseSnapshot> = now(caseShape);
/** Of what an account has. */
export const accountSerde: Serde<AccountCases> = now(accountShape);
