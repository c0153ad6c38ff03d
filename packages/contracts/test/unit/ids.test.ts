// A bug here would look like this: two different causes share one id, the second alert is taken for a repeat of the
// first, and nobody is told about it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregateKey } from "../../src/aggregate.ts";
import { ContractError } from "../../src/errors.ts";
import {
  alertId,
  lengthPrefixed,
  notificationId,
  parseAccountId,
  parseAlertId,
  parseNotificationId,
  parseTransactionId,
} from "../../src/ids.ts";

describe("length-prefixed parts", () => {
  it("stay apart where joining would make them equal", () => {
    expect(lengthPrefixed(["a:b", "c"])).toBe("3:a:b1:c");
    expect(lengthPrefixed(["a", "b:c"])).toBe("1:a3:b:c");
    expect(lengthPrefixed([])).not.toBe(lengthPrefixed([""]));
  });

  it("count UTF-8 bytes", () => {
    expect(lengthPrefixed(["é"])).toBe("2:é");
  });

  it("are equal only for equal lists", () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom("a", "1", "2", ":", ""), maxLength: 4 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(lengthPrefixed(a) === lengthPrefixed(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("an alert's id", () => {
  it("never changes for the same rule, version and causes", () => {
    const id = alertId("card-testing", 1, "acct", ["t1", "t2"]);
    // printf '12:card-testing1:14:acct2:t12:t2' | sha256sum
    expect(id).toBe("al_8fc727706b440e094a450653bb7202a3");
    expect(parseAlertId(id)).toBe(id);
  });

  it("differs by rule, version, cause, order and boundary between causes", () => {
    const ids = [
      alertId("r", 1, "acct", ["a:b", "c"]),
      alertId("r", 1, "acct", ["a", "b:c"]),
      alertId("r", 1, "acct", ["c", "a:b"]),
      alertId("r", 2, "acct", ["a:b", "c"]),
      alertId("s", 1, "acct", ["a:b", "c"]),
      alertId("r", 1, "acct", ["a:bc"]),
      alertId("r", 1, "acct", ["a:b", "c", ""]),
      alertId("r", 1, "other", ["a:b", "c"]),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("a notification's id", () => {
  it("differs by alert, status, what changed it, and channel", () => {
    const base = { alertId: "al_1", alertStatus: "raised", changedBy: "t-1", channel: "webhook" };
    const ids = [
      notificationId(base),
      notificationId({ ...base, alertStatus: "withdrawn" }),
      notificationId({ ...base, changedBy: "t-2" }),
      notificationId({ ...base, changedBy: undefined }),
      notificationId({ ...base, channel: "mail" }),
      notificationId({ ...base, alertId: "al_2" }),
    ];
    expect(new Set(ids).size).toBe(6);
    expect(ids.map(parseNotificationId)).toEqual(ids);
  });
});

describe("an aggregate's key", () => {
  it("says account, currency, kind, size and start", () => {
    const window = { kind: "tumbling", sizeMs: 60000, start: 1767225600000 } as const;
    const key = aggregateKey({ accountId: "acct", currency: "EUR", window });
    expect(key).toBe("4:acct3:EUR8:tumbling5:6000013:1767225600000");
  });
});

describe("parsing a client's id", () => {
  const longest = "a".repeat(64);

  it.each(["a", "0", "A.b_c:d-e", longest])("accepts %s", (id) => {
    expect(parseAccountId(id)).toBe(id);
    expect(parseTransactionId(id)).toBe(id);
  });

  it.each(["", `${longest}a`, "a b", "a/b", "é", "a\n", 7, null, undefined])("refuses %j", (id) => {
    expect(() => parseAccountId(id)).toThrow(ContractError);
    expect(() => parseTransactionId(id)).toThrow(expect.objectContaining({ code: "ID_INVALID" }));
  });

  it("refuses derived ids of another kind", () => {
    expect(() => parseAlertId(`nt_${"0".repeat(32)}`)).toThrow(ContractError);
    expect(() => parseNotificationId(`nt_${"0".repeat(31)}`)).toThrow(ContractError);
  });
});
