// `npx -y pnpm@10 scenario <name>`: sends a labelled series through the running pipeline and says whether exactly the
// right alerts came. Exit code 0 when they did, 1 when not, 2 when the command was not understood.

import { randomBytes } from "node:crypto";
import { commandLine } from "../command-line/command-line.ts";
import { needed } from "../command-line/values.ts";
import { connectAlertReader } from "../scenarios/alert-reader.ts";
import { scenarios } from "../scenarios/catalogue.ts";
import { postTransaction } from "../scenarios/ingest-client.ts";
import type { ScenarioOptions } from "../scenarios/plot.ts";
import { runScenario } from "../scenarios/run-scenario.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { verdictTable } from "../scenarios/verdict.ts";
import { explain, LauncherError } from "./errors.ts";
import { defaultRunFile, readRunNote } from "./run-file.ts";

/** An alert takes well under a second; this is for a pipeline that is restarting something. */
const alertsWithinMs = 30_000;
/** Between the last event time and now: a client's clock that is a little ahead must not make it the future. */
const endsAgoMs = 1_000;

interface Target {
  readonly brokers: readonly string[];
  readonly ingestUrl: string;
}

/** KAFKA_BROKERS and INGEST_URL, else what `start` wrote down. */
function findTarget(env: NodeJS.ProcessEnv): Target {
  const note = readRunNote(defaultRunFile);
  const brokers = env["KAFKA_BROKERS"]?.split(",") ?? note?.brokers;
  const ingestUrl = env["INGEST_URL"]?.replace(/\/$/, "") ?? note?.ingestUrl;
  if (brokers === undefined || ingestUrl === undefined) {
    throw new LauncherError(
      "No running pipeline is known. Start one in another terminal with `npx -y pnpm@10 start`, or name one with KAFKA_BROKERS and INGEST_URL.",
    );
  }
  return { brokers, ingestUrl };
}

async function main(make: (options: ScenarioOptions) => Scenario): Promise<number> {
  const { brokers, ingestUrl } = findTarget(process.env);
  const runId = `run-${randomBytes(4).toString("hex")}`;
  const scenario = make({ runId, endsAtMs: Date.now() - endsAgoMs });
  const alerts = await connectAlertReader(brokers);
  try {
    const count = scenario.stories.length;
    process.stdout.write(
      `${scenario.title}: ${count} accounts, named ${runId}-1 to ${runId}-${count}, to ${ingestUrl}\n\n`,
    );
    const send = async (transaction: Parameters<typeof postTransaction>[1]) =>
      await postTransaction(ingestUrl, transaction);
    const startedAt = performance.now();
    const verdicts = await runScenario(scenario, { send, alerts, withinMs: alertsWithinMs });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const wrong = verdicts.filter(({ fault }) => fault !== undefined).length;
    process.stdout.write(`${verdictTable(verdicts)}\n\n`);
    process.stdout.write(
      wrong === 0
        ? `All as expected after ${seconds} s; each account then raised exactly one more alert for a complete fraud.\n`
        : `${wrong} of ${count} differ after ${seconds} s.\n`,
    );
    return wrong === 0 ? 0 : 1;
  } finally {
    await alerts.close();
  }
}

const { name } = commandLine({
  command: "npx -y pnpm@10 scenario",
  does: "Sends a labelled series through the running pipeline, and ends with 1 unless exactly the right alerts come.",
  operands: { name: needed("which series", [...scenarios.keys()]) },
});
try {
  const make = scenarios.get(name);
  if (make === undefined) throw new TypeError(`${name} is offered and is not in the catalogue`);
  process.exitCode = await main(make);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
