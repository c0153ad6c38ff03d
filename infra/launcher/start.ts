// `npx -y pnpm@10 start`: a Kafka, the topics, the six services, and a card that says what to do with them.
//
// This file owns the process: its signals, its exit code and what an error looks like. The rest is launcher.ts.

import { join } from "node:path";
import { connectAdmin } from "@riffle/streams/kafka";
import { commandLine } from "../command-line/command-line.ts";
import { repositoryFolder, riffleFolder } from "../folders.ts";
import { startKafka } from "../kafka/local-kafka.ts";
import { explain } from "./errors.ts";
import { Launcher } from "./launcher.ts";
import { progressLines } from "./progress.ts";
import { defaultRunFile } from "./run-file.ts";
import { resolveSettings } from "./settings.ts";
import { listenForStop } from "./stop-signals.ts";

async function main(): Promise<void> {
  const say = progressLines((text) => process.stdout.write(text));
  let ending = false;
  const end = async (exitCode: number, lastWord?: string) => {
    ending = true;
    await launcher.end();
    if (lastWord !== undefined) {
      say(lastWord);
    }
    process.exit(exitCode);
  };
  const fail = (error: unknown) => {
    // While the way back is under way, what breaks on the way there is no news.
    if (!ending) {
      process.stderr.write(`${explain(error)}\n`);
      void end(1);
    }
  };
  const launcher = new Launcher({
    settings: resolveSettings(process.env),
    startKafka: async (onProgress) => await startKafka({ onProgress, orInMemory: true }),
    connectAdmin: async (brokers) => await connectAdmin({ brokers, clientId: "riffle-launcher" }),
    scriptOf: (name) => join(repositoryFolder, "services", name, "dist", "main.js"),
    logsFolder: join(riffleFolder, "logs"),
    consoleFolder: join(riffleFolder, "console"),
    runFile: defaultRunFile,
    say,
    print: (text) => process.stdout.write(text),
    onFailed: fail,
  });
  listenForStop({
    begin: (reason) => {
      say(`stopping (${reason}); once more to force it`);
      void end(0, "stopped");
    },
    force: () => {
      launcher.killAll();
      process.exit(130);
    },
  });
  await launcher.start().catch(fail);
}

commandLine({
  command: "npx -y pnpm@10 start",
  does: "Finds or starts a Kafka, creates the topics and runs the six services, until Ctrl-C. Ports and brokers come from variables: docs/config.md.",
});
await main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
