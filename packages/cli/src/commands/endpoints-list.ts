// `riffle endpoints list`: where alerts go, and where they do not for now.

import { type Call, type Command, jsonOption, kafkaOptions } from "../command.ts";
import { NotifierLog, type PartitionEndpoint } from "../notifications/notifier-log.ts";
import { findBrokers } from "../target.ts";
import { jsonText } from "../terminal/json-text.ts";
import { printable, printableTime } from "../terminal/printable.ts";
import { tableLines } from "../terminal/table.ts";

export const endpointsList: Command = {
  name: "endpoints list",
  summary: "the notifier's endpoints, and whether anything is sent to them",
  about: [
    "Lists the endpoints that the notifier is configured with. active: alerts are delivered. paused: they are held back,",
    "by endpoints pause. disabled: the receiver said that it wants nothing any more, and they are dead-lettered; endpoints",
    "resume ends both. Each partition knows for itself: a state that not all have yet is shown with how many have it.",
  ],
  options: { ...jsonOption, ...kafkaOptions },
  examples: ["endpoints list", "endpoints list --json"],
  run,
};

/** An endpoint over all partitions. */
interface ListedEndpoint {
  readonly channel: string;
  /** The gravest of its partitions' states, and how many have it. */
  readonly state: string;
  readonly partitions: number;
  readonly of: number;
  readonly sinceMs: number;
  readonly reason: string | undefined;
  readonly owed: number;
}

const gravity = ["active", "paused", "disabled"];

async function run(call: Call): Promise<number> {
  const { terminal } = call;
  const log = await NotifierLog.connect(findBrokers(call));
  try {
    const listed = listedEndpoints(await log.endpoints(), await log.owed());
    if (call.options["json"] === true) for (const one of listed) terminal.out(jsonText(one));
    else if (listed.length === 0) terminal.out("No endpoints: no notifier has run on this cluster.");
    else for (const line of endpointLines(listed)) terminal.out(line);
    return 0;
  } finally {
    await log.close();
  }
}

const listedEndpoints = (
  endpoints: readonly PartitionEndpoint[],
  owed: ReadonlyMap<string, number>,
): ListedEndpoint[] =>
  [...Map.groupBy(endpoints, ({ channel }) => channel)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([channel, ones]) => {
      const grave = Math.max(...ones.map(({ state }) => gravity.indexOf(state.state)));
      const alike = ones.filter(({ state }) => gravity.indexOf(state.state) === grave);
      return {
        channel,
        state: gravity[grave] ?? "active",
        partitions: alike.length,
        of: ones.length,
        sinceMs: Math.min(...alike.map(({ state }) => state.sinceMs)),
        reason: alike[0]?.state.reason,
        owed: owed.get(channel) ?? 0,
      };
    });

const endpointLines = (listed: readonly ListedEndpoint[]): string[] =>
  tableLines(
    ["ENDPOINT", "STATE", "SINCE", "OWED", "REASON"],
    listed.map(({ channel, state, partitions, of, sinceMs, owed, reason }) => [
      printable(channel),
      partitions === of ? state : `${state} in ${partitions} of ${of}`,
      printableTime(sinceMs),
      owed.toLocaleString("en-US"),
      printable(reason ?? "-"),
    ]),
  );
