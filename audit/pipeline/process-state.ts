// CPU time of a process, as Linux accounts it.

import { readFileSync } from "node:fs";

/** Ticks a second in /proc, fixed at 100 for user space on every Linux. */
const ticksPerSecond = 100;

/** Seconds of CPU the process has used, user and system, all threads; 0 when it is gone. */
export const cpuSecondsOf = (pid: number | undefined): number => {
  if (pid === undefined) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};
