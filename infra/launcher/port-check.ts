// Looks for taken ports before anything is started, so that the message names the port and not a service's stack.

import { isPortFree } from "../kafka/ports.ts";
import { LauncherError } from "./errors.ts";
import type { NeededPort } from "./settings.ts";

/** @throws LauncherError naming each taken port and the variable that moves it */
export async function assertPortsFree(ports: readonly NeededPort[], hint = ""): Promise<void> {
  const free = await Promise.all(ports.map(async ({ port, host }) => await isPortFree(port, host)));
  const taken = ports.filter((_, index) => free[index] === false);
  if (taken.length === 0) {
    return;
  }
  const lines = taken.map(
    ({ port, host, purpose, variable }) =>
      `  ${host}:${port} (${purpose}); end what listens there, or set ${variable} to another port`,
  );
  const what = taken.length === 1 ? "a port is taken" : `${taken.length} ports are taken`;
  throw new LauncherError(`Riffle was not started: ${what}.\n${lines.join("\n")}${hint}`);
}
