// A bug here lets more connections be opened than were allowed, or loses a slot, until nothing is sent any more.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Slots } from "../../../src/network/slots.ts";

const never = new AbortController().signal;

describe("slots", () => {
  it("go to who asked first", async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    await slots.take(never);
    const first = slots.take(never).then(() => order.push("first"));
    const second = slots.take(never).then(() => order.push("second"));
    slots.give();
    await first;
    slots.give();
    await second;
    expect(order).toEqual(["first", "second"]);
  });

  it("do not go to who has stopped waiting, before or while", async () => {
    const slots = new Slots(1);
    const stopped = new AbortController();
    await slots.take(never);
    const waiting = slots.take(stopped.signal);
    stopped.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(slots.take(stopped.signal)).rejects.toThrow("enough");
    slots.give();
    await slots.take(never);
  });

  it("are never more than allowed and never lost, in any order of taking, giving and giving up", async () => {
    const step = fc.constantFrom("take", "give", "give up");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { maxLength: 40 }),
        async (max, steps) => {
          const slots = new Slots(max);
          const waiting: AbortController[] = [];
          let held = 0;
          for (const each of steps) {
            if (each === "take") {
              const patience = new AbortController();
              waiting.push(patience);
              slots.take(patience.signal).then(
                () => {
                  held++;
                  waiting.splice(waiting.indexOf(patience), 1);
                },
                () => {},
              );
            } else if (each === "give" && held > 0) {
              held--;
              slots.give();
            } else if (each === "give up") waiting.shift()?.abort();
            await new Promise((resolve) => setImmediate(resolve));
            expect(held).toBeLessThanOrEqual(max);
            expect(waiting.length === 0 || held === max).toBe(true);
          }
        },
      ),
    );
  });
});
