// Which process a number means: a process id is given again, in a container nearly always the same one.
//
// On Linux a process is known by its id, the time it began and the boot of the machine, all from /proc. Elsewhere by its id
// alone, so a lock may outlive its owner there until another process of that id ends.

import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process as a lock names it. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  readonly began: string;
}

const beganOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program stands in brackets and may hold anything; the start time is the 20th field after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
};

/** This process. */
export const ownIdentity = (): ProcessIdentity => ({
  host: hostname(),
  pid: process.pid,
  began: beganOf(process.pid) ?? "",
});

/** Whether the process lives, as far as this machine can tell. One of another host counts as dead: volumes move. */
export const isAlive = ({ host, pid, began }: ProcessIdentity): boolean => {
  if (host !== hostname()) return false;
  if (began !== "") return beganOf(pid) === began;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
};
