// What Linux says of a process: the CPU it has used, whether it is stopped.

import { readFileSync } from "node:fs";

/** Ticks a second in /proc, fixed at 100 for user space on every Linux. */
const ticksPerSecond = 100;

/** The fields of /proc/<pid>/stat behind the name, which may hold anything; none when the process is gone. */
const statOf = (pid: number | undefined): readonly string[] => {
  if (pid === undefined) return [];
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
};

/** Seconds of CPU the process has used, user and system, all threads; 0 when it is gone. */
export const cpuSecondsOf = (pid: number | undefined): number => {
  const fields = statOf(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
};

/** Whether a signal has stopped the process (SIGSTOP). */
export const isStopped = (pid: number | undefined): boolean => statOf(pid)[0] === "T";
