// The store contract: what every key-value store does, bare or decorated. Bound to each store in stores.test.ts.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeyValueStore } from "../../../src/state/store.ts";

type Operation =
  | { readonly kind: "put"; readonly key: string; readonly value: number }
  | { readonly kind: "delete"; readonly key: string };

const key = fc.constantFrom("", "a", "b", "c", "__proto__", "é😀");
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), key, value: fc.integer() }),
  fc.record({ kind: fc.constant("delete" as const), key }),
);

/** @param create gives an empty store each time */
export const storeContract = (name: string, create: () => KeyValueStore<number>): void => {
  describe(`${name} keeps the store contract`, () => {
    it("is empty at first", () => {
      const store = create();
      expect(store.size).toBe(0);
      expect(store.get("a")).toBeUndefined();
      expect([...store.entries()]).toEqual([]);
    });

    it("shows a task its own writes at once, the last one of a key", () => {
      const store = create();
      store.put("a", 1);
      store.put("a", 2);
      expect([store.get("a"), store.size]).toEqual([2, 1]);
    });

    it("forgets a removed key, and removing one that is not there changes nothing", () => {
      const store = create();
      store.put("a", 1);
      store.delete("a");
      store.delete("b");
      expect([store.get("a"), store.size, [...store.entries()]]).toEqual([undefined, 0, []]);
    });

    it("keeps values that are falsy", () => {
      const store = create();
      store.put("", 0);
      expect([store.get(""), store.size]).toEqual([0, 1]);
    });

    it("equals a plain map after any operations", () => {
      fc.assert(
        fc.property(fc.array(operation), (operations) => {
          const store = create();
          const plain = new Map<string, number>();
          for (const step of operations) {
            if (step.kind === "put") {
              store.put(step.key, step.value);
              plain.set(step.key, step.value);
            } else {
              store.delete(step.key);
              plain.delete(step.key);
            }
            expect(store.get(step.key)).toBe(plain.get(step.key));
            expect(store.size).toBe(plain.size);
          }
          expect(new Map(store.entries())).toEqual(plain);
        }),
      );
    });
  });
};
