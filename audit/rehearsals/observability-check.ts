// Whether Prometheus sees every service and understands every rule, by its API alone.
//
//   OC1. Every service is a target that answers, under its own label; every rule was evaluated without an error.
//   OC2. While all of them are there and work, nothing fires.

import { serviceNames } from "@riffle/contracts";
import { waitFor } from "../pipeline/wait-for.ts";

/** What Prometheus' API says, as far as it is looked at. */
export interface PrometheusView {
  readonly targets: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly health: string;
    readonly lastError: string;
  }[];
  readonly rules: readonly {
    readonly name: string;
    readonly health: string;
    readonly lastError?: string;
    /** Of alerts: `inactive`, `pending`, `firing`. */
    readonly state?: string;
  }[];
}

/** What is wrong with it; empty when nothing is. */
export const faultsOf = ({ targets, rules }: PrometheusView): string[] => [
  ...serviceNames
    .filter((name) => targets.every(({ labels }) => labels["service"] !== name))
    .map((name) => `${name} is no target`),
  ...targets
    .filter(({ health }) => health !== "up")
    .map(({ labels, health, lastError }) => `${labels["service"]} is ${health}: ${lastError}`),
  ...(rules.length === 0 ? ["there are no rules"] : []),
  ...rules
    .filter(({ health }) => health !== "ok")
    .map(({ name, health, lastError = "" }) => `the rule ${name} is ${health}: ${lastError}`),
  ...rules.filter(({ state }) => state === "firing").map(({ name }) => `${name} fires`),
];

const ask = async <T>(origin: string, path: string): Promise<T> => {
  const answer = await fetch(`${origin}/api/v1/${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`Prometheus answers ${answer.status} to /api/v1/${path}`);
  return ((await answer.json()) as { readonly data: T }).data;
};

/**
 * Waits until Prometheus finds nothing wrong.
 *
 * @param origin such as `http://127.0.0.1:9090`
 * @returns one line for people
 * @throws with what is wrong still, after `withinMs`
 */
export const checkPrometheus = async (origin: string, withinMs: number): Promise<string> => {
  let view: PrometheusView = { targets: [], rules: [] };
  const isWell = async (): Promise<boolean> => {
    const { activeTargets } = await ask<{ readonly activeTargets: PrometheusView["targets"] }>(
      origin,
      "targets?state=active",
    );
    const { groups } = await ask<{ readonly groups: readonly Pick<PrometheusView, "rules">[] }>(
      origin,
      "rules",
    );
    view = { targets: activeTargets, rules: groups.flatMap(({ rules }) => rules) };
    return faultsOf(view).length === 0;
  };
  try {
    await waitFor("Prometheus sees every service and evaluates every rule", isWell, withinMs);
  } catch (error) {
    throw new Error(`${String(error)}: ${faultsOf(view).join("; ")}`, { cause: error });
  }
  return `Prometheus scrapes ${view.targets.length} services; ${view.rules.length} rules are evaluated, and none fires`;
};
