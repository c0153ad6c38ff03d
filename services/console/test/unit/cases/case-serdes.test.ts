// A bug here gives the desk another case after a restart than the one it had before, or refuses the state of the version before.

import {
  alertSeverities,
  type CaseSnapshot,
  caseDispositions,
  caseStatuses,
  topics,
} from "@riffle/contracts";
import { jsonSerde } from "@riffle/streams";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccountCases, accountSerde, caseSerde } from "../../../src/cases/case-serdes.ts";
import { caseStores } from "../../../src/cases/case-stores.ts";

const plain = { noNullPrototype: true } as const;
const hex = (digits: number): Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits });
const alertId = hex(32).map((digits) => `al_${digits}`);
const caseId = hex(32).map((digits) => `cs_${digits}`);
const accountId = fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/);
const name = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'aé漢 "\\🦊') });
const time = fc
  .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
  .map((at) => at.toISOString());

const snapshot: Arbitrary<CaseSnapshot> = fc.record(
  {
    id: caseId,
    accountId,
    status: fc.constantFrom(...caseStatuses),
    version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    openedAt: time,
    updatedAt: time,
    assignee: fc.option(name),
    disposition: fc.option(fc.constantFrom(...caseDispositions)),
    severity: fc.constantFrom(...alertSeverities),
    alerts: fc.nat(),
    alertIds: fc.array(alertId, { maxLength: 20 }),
    withdrawnAlertIds: fc.array(alertId, { maxLength: 3 }),
    previousCaseId: fc.option(caseId),
    linkedCaseIds: fc.array(caseId, { maxLength: 3 }),
    comments: fc.nat(),
    lastBy: name,
    lastHash: hex(64),
    recentCommands: fc.array(
      fc.record({ id: accountId, version: fc.integer({ min: 1 }), fingerprint: hex(16) }, plain),
      { maxLength: 4 },
    ),
  },
  plain,
);

const account: Arbitrary<AccountCases> = fc.record({ lastId: caseId, openId: fc.option(caseId) }, plain);

const anySnapshot = (): CaseSnapshot => fc.sample(snapshot, { seed: 1, numRuns: 1 })[0] as CaseSnapshot;

describe("a case", () => {
  it("comes back as it was, whatever the contract lets through", () => {
    fc.assert(
      fc.property(snapshot, (state) => {
        topics.casesSnapshots.codec.encode(state);
        expect(caseSerde.deserialize(caseSerde.serialize(state))).toStrictEqual(state);
      }),
    );
  });

  it("is read as it was written before, as JSON, and written in the new form", () => {
    fc.assert(
      fc.property(snapshot, (state) => {
        expect(caseSerde.deserialize(jsonSerde<CaseSnapshot>().serialize(state))).toStrictEqual(state);
      }),
    );
    expect(() => jsonSerde().deserialize(caseSerde.serialize(anySnapshot()))).toThrow();
    expect(caseSerde.fingerprint).not.toBe(jsonSerde().fingerprint);
  });

  it("of fifty alerts takes less than half of its JSON", () => {
    const alertIds = fc.sample(alertId, { seed: 1, numRuns: 50 });
    const state = { ...anySnapshot(), alertIds };
    expect(caseSerde.serialize(state).length).toBeLessThan(JSON.stringify(state).length / 2);
  });

  it("is refused when it is cut short at any byte, and when a byte is left over", () => {
    const bytes = Buffer.from(caseSerde.serialize(anySnapshot()));
    for (let end = 0; end < bytes.length; end++)
      expect(() => caseSerde.deserialize(bytes.subarray(0, end))).toThrow();
    expect(() => caseSerde.deserialize(Buffer.concat([bytes, Buffer.of(0)]))).toThrow();
  });

  it.each([
    ["an alert's id of another prefix", { alertIds: [`cs_${"0".repeat(32)}`] }],
    ["an alert's id in capitals", { alertIds: [`al_${"A".repeat(32)}`] }],
    [
      "an alert's id that is too short beside one that is too long",
      { alertIds: [`al_${"0".repeat(31)}`, `al_${"0".repeat(33)}`] },
    ],
    ["a hash that is none", { lastHash: `${"0".repeat(63)}g` }],
  ])("is not written with %s: it would come back as another", (_what, wrong) => {
    expect(() => caseSerde.serialize({ ...anySnapshot(), ...wrong })).toThrow(
      /STREAMS_VALUE_UNWRITABLE|Writing a value/,
    );
  });
});

it("what an account has comes back as it was, and is read from JSON", () => {
  fc.assert(
    fc.property(account, (cases) => {
      expect(accountSerde.deserialize(accountSerde.serialize(cases))).toStrictEqual(cases);
      expect(accountSerde.deserialize(jsonSerde<AccountCases>().serialize(cases))).toStrictEqual(cases);
    }),
  );
});

it("the stores of the desk are written so", () => {
  expect(caseStores.map(({ serde }) => serde)).toEqual([caseSerde, accountSerde]);
});
