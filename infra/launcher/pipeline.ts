// The six services together: started at once, waited for until each is ready, stopped one after the other.
//
// They start at once because each waits for its own needs. They stop in the order of the flow, so that whatever is
// inside has a service behind it that takes it over.

import { setTimeout as delay } from "node:timers/promises";
import { LauncherError } from "./errors.ts";
import type { Say } from "./progress.ts";
import type { ServiceProcess } from "./service-process.ts";

/** A service and the port on which it says that it is ready. */
export interface PipelineMember {
  readonly service: ServiceProcess;
  readonly adminPort: number;
}

/** Six services that start at once on two busy cores take 12 s; one that is past this has a reason in its log. */
const readyWithinMs = 120_000;
const lookEveryMs = 100;
const answerWithinMs = 1_000;
/** Enough to finish an atomic commit and leave the group; six of them stay below what people wait for. */
const stopWithinMs = 8_000;
const logLinesShown = 15;

/**
 * Resolves when every member answers 200 on /readyz.
 *
 * @throws LauncherError with the last log lines of the first one that is not ready in time
 */
export async function waitUntilReady(
  members: readonly PipelineMember[],
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  await Promise.all(members.map(async (member) => await waitForOne(member, deadline, say, signal)));
}

async function waitForOne(
  member: PipelineMember,
  deadline: number,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const found = await askReady(member.adminPort);
    if (found === "ready") {
      say(`${member.service.name} is ready`);
      return;
    }
    if (performance.now() > deadline) {
      throw new LauncherError(
        `${member.service.name} is not ready after ${readyWithinMs / 1000} s: ${found}. The end of its log:\n${member.service.lastLogLines(logLinesShown)}`,
      );
    }
    await delay(lookEveryMs);
  }
}

async function askReady(adminPort: number): Promise<string> {
  try {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`, {
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const body = await answer.text();
    return answer.status === 200 ? "ready" : `/readyz answers ${answer.status} ${body.slice(0, 300)}`;
  } catch {
    return `nothing answers on its admin port ${adminPort}`;
  }
}

/** Stops them in the order given, each within its own deadline. */
export async function stopInOrder(members: readonly PipelineMember[]): Promise<void> {
  for (const { service } of members) {
    await service.stop(stopWithinMs);
  }
}

/** The message for a service that is not started again. */
export function failureOf(service: ServiceProcess, why: string): LauncherError {
  return new LauncherError(
    `${service.name} ${why}. The end of its log:\n${service.lastLogLines(logLinesShown)}`,
  );
}
