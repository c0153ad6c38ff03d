// What a registry says, by series, as a scraper reads it.

import type { Metrics } from "../../../src/metrics.ts";

/** Values by series, without the label `service`: `riffle_lag{topic="a"}`. */
export const seriesOf = async (metrics: Metrics): Promise<Record<string, number>> => {
  const lines = (await metrics.render()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      const series = line
        .slice(0, at)
        .replace(/,?service="[^"]*"/, "")
        .replace("{}", "");
      return [series, Number(line.slice(at + 1))];
    }),
  );
};
