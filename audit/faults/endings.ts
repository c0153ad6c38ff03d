// How services ended that nobody ended: a service that dies and is started again keeps its promises, and yet nobody should
// have to start it.
//
//   EN1. Every end by itself is a violation, unless the list below says why not. There is no number of them that is right.
//        A SIGKILL that the audit did not send is one of them (life-ends.ts).
//   EN2. An end in order is one that was asked for, and an exit with code 1 one that the log told of, or that became of a
//       shutdown that was asked for. More of them than that ended for no reason that anybody knows.

import { strangersKill } from "../pipeline/life-ends.ts";

/** What ended a service, as its log says it, and how often. */
export type Fatals = Readonly<Record<string, number>>;

interface Allowed {
  /** The beginning of {@link fatalsOf}'s text. */
  readonly text: string;
  readonly because: string;
}

/** Ends that the attack itself brings about. */
export const allowedEnds: readonly Allowed[] = [
  {
    text: "start failed: STREAMS_CLUSTER_UNREACHABLE",
    because:
      "brokers are killed, stopped and cut off; a start that reaches none of them ends, and whoever started it tries again",
  },
];

const lengthMax = 160;

interface FatalLine {
  readonly level?: string;
  readonly msg?: string;
  readonly err?: { readonly code?: string; readonly name?: string; readonly message?: string };
}

const textOf = ({ msg = "", err = {} }: FatalLine): string =>
  `${msg}: ${err.code ?? err.name ?? "no code"} ${err.message ?? ""}`.slice(0, lengthMax);

/** How often services gave up, by what they said. */
export const fatalsOf = (lines: Iterable<string>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    if (!line.includes('"level":"fatal"')) continue;
    const text = textOf(parsed(line));
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return counts;
};

/** A line that was cut off by a kill is text. */
const parsed = (line: string): FatalLine => {
  try {
    return JSON.parse(line) as FatalLine;
  } catch {
    return { msg: line };
  }
};

/**
 * Ends that nothing explains.
 *
 * @param ends how lives ended, and how often, as `LifeEnds` names them
 * @param asked how many shutdowns were asked for
 */
export const unexplainedEnds = (
  fatals: Fatals,
  ends: Readonly<Record<string, number>>,
  asked: number,
): string[] => {
  const told = Object.values(fatals).reduce((sum, count) => sum + count, 0);
  /** SIGKILL is ours; 78, a stranger's SIGKILL and every other signal are nobody's (EN2). */
  const explained: Readonly<Record<string, number>> = {
    SIGKILL: Number.POSITIVE_INFINITY,
    "exit code 0": asked,
    "exit code 1": told + asked,
  };
  return [
    ...Object.entries(fatals)
      .filter(([text]) => !allowedEnds.some((allowed) => text.startsWith(allowed.text)))
      .map(([text, count]) => `services ended by themselves, ${count} times: ${text}`),
    ...Object.entries(ends)
      .filter(([end, count]) => count > (explained[end] ?? 0))
      .map(([end, count]) => {
        if (end === strangersKill) return `services ended by themselves, ${count} times: ${end}`;
        const of = explained[end] === undefined ? "" : `, of which ${explained[end]} can be explained`;
        return `services ended with ${end}, ${count} times${of}`;
      }),
  ];
};
