// A bug here shows an account id to somebody who was not to see it.

import fc from "fast-check";
import { expect, it } from "vitest";
import { Mask, maskedAccount } from "../../src/terminal/masking.ts";

it.each([
  ["acct-1047f", "ac…7f"],
  ["abcdef", "ab…ef"],
  ["abcde", "…"],
  ["", "…"],
])("the account %s is shown as %s", (id, shown) => {
  expect(maskedAccount(id)).toBe(shown);
});

it("a masked record holds the account nowhere, however deep and in whatever text", () => {
  const id = fc.stringMatching(/^[A-Za-z0-9._:-]{4,64}$/);
  const text = fc.string({ maxLength: 10 });
  fc.assert(
    fc.property(id, id, text, text, (account, other, before, behind) => {
      const record = {
        id: `${before}${account}${behind}`,
        accountId: account,
        evidence: [{ accountId: account, counterpartyId: other, id: `${other}-1`, amount: 5 }],
        nested: { reason: `${before}${account}` },
      };
      const mask = new Mask(record);
      const shown = JSON.stringify(mask.value(record));
      // What the masks themselves leave of an id, two letters, is no id of four.
      expect(mask.text(account)).toBe(maskedAccount(account));
      for (const hidden of [account, other]) {
        const traces = JSON.stringify({ ...record, accountId: "", id: "", evidence: [], nested: {} });
        if (!traces.includes(hidden) && !before.includes(hidden) && !behind.includes(hidden))
          expect(
            shown.replaceAll(/"(id|accountId|evidence|counterpartyId|amount|nested|reason)"/g, ""),
          ).not.toContain(hidden);
      }
    }),
  );
});

it("what is no account stays as it is", () => {
  const record = { accountId: "acct-1234", amount: 5, country: "DE", list: [1, null, true] };
  expect(new Mask(record).value(record)).toEqual({ ...record, accountId: "ac…34" });
});
