// A bug here looks like this: a service with a wrong password restarts for ever, or a healthy one is given up after a
// month because it had ended five times in all.

import { describe, expect, it } from "vitest";
import { RestartPolicy, type ServiceExit } from "../../../launcher/restart-policy.ts";

const quick: ServiceExit = { code: 1, signal: null, livedMs: 9_999 };
const late: ServiceExit = { code: 1, signal: null, livedMs: 10_000 };

describe("the restart policy", () => {
  it("waits twice as long after each quick death and gives up at the fifth", () => {
    const policy = new RestartPolicy();
    const verdicts = Array.from({ length: 5 }, () => policy.died(quick));
    expect(verdicts.slice(0, 4)).toEqual(
      [250, 500, 1_000, 2_000].map((afterMs) => ({ kind: "restart", afterMs })),
    );
    expect(verdicts[4]?.kind).toBe("give-up");
  });

  it("begins anew after ten good seconds", () => {
    const policy = new RestartPolicy();
    for (let death = 0; death < 20; death += 1) {
      expect(policy.died(quick)).toEqual({ kind: "restart", afterMs: 500 - (death === 0 ? 250 : 0) });
      expect(policy.died(late)).toEqual({ kind: "restart", afterMs: 250 });
    }
  });

  it("gives up at once on a wrong configuration", () => {
    expect(new RestartPolicy().died({ ...late, code: 78 })).toEqual({
      kind: "give-up",
      why: "its configuration is wrong",
    });
  });
});
