// A bug here shows a viewer, or who looks at a terminal, whose account it is, in a place nobody thought of, or makes one account look like two.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AccountMask, accountIdsIn } from "../../src/account-mask.ts";

describe("a mask", () => {
  it("is one for an account, another for another, and another after a restart", () => {
    const mask = new AccountMask();
    expect(mask.mask("acct-1042")).toBe(mask.mask("acct-1042"));
    expect(mask.mask("acct-1042")).not.toBe(mask.mask("acct-1043"));
    expect(mask.mask("acct-1042")).not.toBe(new AccountMask().mask("acct-1042"));
    expect(mask.mask("a1")).toMatch(/^…[0-9a-f]{6}$/);
  });

  it("leaves a value without account ids as it is", () => {
    const value = { items: [{ topic: "alerts.v1", partition: 3 }], next: null };
    expect(new AccountMask().masked(value)).toBe(value);
  });

  it("masks the longer of two ids where one begins with the other, and a short id only where it stands alone", () => {
    const mask = new AccountMask();
    const masked = mask.masked({
      items: [{ accountId: "acct-1" }, { accountId: "acct-12" }, { accountId: "v1" }],
      note: "acct-12 acct-1 alerts.v1 v12",
    });
    expect(masked).toMatchObject({
      note: `${mask.mask("acct-12")} ${mask.mask("acct-1")} alerts.${mask.mask("v1")} v12`,
    });
  });

  it("leaves no id in the text of any answer, whatever is nested in what", () => {
    const id = fc.stringMatching(/^[A-Za-z0-9._:+*()-]{5,20}$/);
    const place = fc.constantFrom("accountId", "account", "accountIds", "counterpartyId", "key");
    const around = fc.stringMatching(/^[ A-Za-z0-9"\\]{0,6}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(id, place, around, around), { minLength: 1, maxLength: 6 }), (parts) => {
        const value = parts.reduce<unknown>(
          (inner, [account, field, before, after]) => ({
            list: [inner, `${before}${account}${after}`],
            [field]: field === "accountIds" ? [account] : account,
            data: { metadata: { [`${before}${account}`]: account } },
          }),
          null,
        );
        const text = JSON.stringify(new AccountMask().masked(value));
        const ids = new Set(parts.map(([account]) => account));
        // The names of fields are ours, and masks are made of hexadecimal digits.
        const names = ["accountIds", "counterpartyId", "metadata"];
        for (const account of ids) {
          const isOurs = names.some((name) => name.includes(account)) || /^[0-9a-f]+$/.test(account);
          if (!isOurs) expect(text).not.toContain(JSON.stringify(account).slice(1, -1));
        }
        expect(accountIdsIn(value)).toEqual(ids);
      }),
    );
  });
});
