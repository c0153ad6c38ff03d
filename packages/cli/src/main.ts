#!/usr/bin/env node
// `riffle`: the process around the command.

import { armFailPoint, parseFailPoint } from "@riffle/streams";
import { riffle } from "./riffle.ts";
import { processTerminal } from "./terminal/terminal.ts";

// A reader that has seen enough (`riffle … | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const failPoint = process.env["RIFFLE_FAILPOINT"];
if (failPoint !== undefined) armFailPoint(parseFailPoint(failPoint));

process.exitCode = await riffle(process.argv.slice(2), { terminal: processTerminal, env: process.env });
