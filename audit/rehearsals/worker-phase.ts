// In which phase a worker is, by what it tells Prometheus: what the autoscalers ask for too.

/** Phases in which a replica is on its way to its work: nothing is scaled in then (k8s/components/keda, KS3). */
const onTheWay: readonly string[] = ["joining", "restoring"];

/** The phase in the text of a /metrics page; undefined where there is no worker. */
export const phaseIn = (metrics: string): string | undefined =>
  /^riffle_stream_phase\{(?=[^}]*phase="(?<phase>[a-z]+)")[^}]*\} 1$/m.exec(metrics)?.groups?.["phase"];

/** Whether a replica of these pages joins or restores. */
export const anyOnTheWay = (pages: readonly string[]): boolean =>
  pages.some((page) => onTheWay.includes(phaseIn(page) ?? ""));

/** The /metrics pages at these ports of this machine; one that does not answer is left out, as a scrape leaves it out. */
export const metricsPages = async (adminPorts: readonly number[]): Promise<string[]> => {
  const pages = await Promise.allSettled(
    adminPorts.map(async (port) => {
      const signal = AbortSignal.timeout(2_000);
      return (await fetch(`http://127.0.0.1:${port}/metrics`, { signal })).text();
    }),
  );
  return pages.flatMap((page) => (page.status === "fulfilled" ? [page.value] : []));
};
