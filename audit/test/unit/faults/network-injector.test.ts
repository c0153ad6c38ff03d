// A bug here counts a fault of the network that harmed nobody.

import { type FrameFault, InjectedFault } from "@riffle/infra/faults/frame-faults";
import { expect, it } from "vitest";
import { NetworkInjector } from "../../../faults/network-injector.ts";
import { Tally } from "../../../faults/tally.ts";

/** A proxy that one EndTxn answer of the filter passes at once. */
const met: InjectedFault[] = [];
const proxy = {
  inject: (fault: FrameFault) => {
    const injected = new InjectedFault(fault);
    injected.takes("EndTxn", "answer", "filter-filter-0");
    met.push(injected);
    return injected;
  },
  cut: () => {},
  heal: () => {},
};

it.each(["hold", "delay"] as const)("what it is to %s is not let go before its time", async (action) => {
  const tally = new Tally();
  const injector = new NetworkInjector({ proxies: [proxy], nodes: [], tally, restart: () => {} });
  // Not over as long as this test runs.
  const lastsMs = 600_000;
  void injector.inject({ kind: "end-txn", service: "filter", of: "answer", action, lastsMs });
  let isReleased = false;
  void met.at(-1)?.released.then(() => {
    isReleased = true;
  });
  while (tally.of(`EndTxn answer ${action}`) === 0) await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(isReleased).toBe(false);
});
