#!/usr/bin/env node
// `riffle`: the process around the command.

import { armFailPoint, parseFailPoint } from "@riffle/streams";
import { riffle } from "./riffle.ts";
import { processTerminal } from "./terminal/terminal.ts";

// A reader that has seen enough (`riffle … | head`) ends the command in silence, whatever it was doing. For every command
// alike, and as shells say it of others: what was left to do was not done, and 0 would say that it was.
const readerGone = 141; // 128 and SIGPIPE, which Node keeps from a process

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(readerGone);
  process.stderr.write(`The result cannot be written: ${error.message}\n`);
  process.exit(1);
});
// Nobody reads what is said about the result: the result is no worse for it.
process.stderr.on("error", () => {});

const failPoint = process.env["RIFFLE_FAILPOINT"];
if (failPoint !== undefined) armFailPoint(parseFailPoint(failPoint));

process.exitCode = await riffle(process.argv.slice(2), { terminal: processTerminal, env: process.env });
