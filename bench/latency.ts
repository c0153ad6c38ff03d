// How long it takes from a POST to the alert at a webhook, at a light load: five processes on one real broker, one
// card-testing series after the other, each on an account of its own.
//
//   node bench/latency.ts [series]        after `npx -y pnpm@10 build`
//
// The clock starts when the POST of the large purchase is sent and stops when the webhook's body has arrived, in one
// process. What it does not measure: load, replication (one broker), a network.

import { commandLine } from "@riffle/infra/command-line/command-line";
import { wholeNumber } from "@riffle/infra/command-line/values";
import { startKafka } from "@riffle/infra/kafka";
import { alertLatencies, quantile } from "./alert-latency.ts";

const { series } = commandLine({
  command: "node bench/latency.ts",
  does: "How long it takes from a POST to the alert at a webhook, at a light load.",
  operands: { series: wholeNumber("card-testing series, one after the other", 200, { min: 1 }) },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const quantiles = (values: readonly number[]): string => {
  const at = (share: number): string => quantile(values, share).toFixed(1);
  return `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
};

const kafka = await startKafka({ onProgress: say });
try {
  const counted = await alertLatencies(kafka.brokers, series);
  say(`${series} series, one at a time, on ${kafka.description}`);
  say(`  POST to 202:    ${quantiles(counted.map(({ acceptedMs }) => acceptedMs))}`);
  say(`  POST to alert:  ${quantiles(counted.map(({ alertedMs }) => alertedMs))}`);
} finally {
  await kafka.stop();
}
