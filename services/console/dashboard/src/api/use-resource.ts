// A resource of the server as a page sees it: nothing yet, there, or refused.
//
//   U1. A new answer to the same path replaces the old one in place: a page never goes blank while it reloads.
//   U2. A console that does not answer, or cannot just now, is asked again by itself.
//   U3. An answer that was overtaken, by another path or by leaving the page, changes nothing.

import { useCallback, useEffect, useState } from "react";
import { ApiProblem, get } from "./client.ts";

/** What is known of a resource. `data` stays while it is loaded again. */
export interface Resource<T> {
  readonly data: T | undefined;
  readonly problem: ApiProblem | undefined;
  readonly isLoading: boolean;
  /** Asks again now. */
  readonly reload: () => void;
}

interface Known<T> {
  readonly path: string | undefined;
  readonly data: T | undefined;
  readonly problem: ApiProblem | undefined;
  readonly isLoading: boolean;
}

/**
 * Reads `path` and keeps it up to date. `undefined` reads nothing.
 *
 * @param everyMs asks again that long after each answer; without it only on `reload`
 */
export function useResource<T>(path: string | undefined, everyMs?: number): Resource<T> {
  const [known, setKnown] = useState<Known<T>>(nothing);
  const [asked, setAsked] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` counts the calls of reload
  useEffect(() => {
    if (path === undefined) return;
    const aborted = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      const answer = await ask<T>(path, aborted.signal);
      if (aborted.signal.aborted) return;
      setKnown((before) => ({
        path,
        data: answer.data ?? (before.path === path && isPassing(answer.problem) ? before.data : undefined),
        problem: answer.problem,
        isLoading: false,
      }));
      const againMs = isPassing(answer.problem) ? (everyMs ?? unreachableAgainMs) : everyMs;
      if (againMs !== undefined) timer = setTimeout(() => void read(), againMs);
    };
    setKnown((before) => (before.path === path ? { ...before, isLoading: true } : { ...nothing, path }));
    void read();
    return () => {
      aborted.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, asked]);

  const reload = useCallback(() => setAsked((count) => count + 1), []);
  const current = known.path === path ? known : nothing;
  return { data: current.data, problem: current.problem, isLoading: current.isLoading, reload };
}

/** A console that restarts is back within seconds. */
const unreachableAgainMs = 2_000;

/** Whether the same question may well be answered in a moment (U2). */
const isPassing = (problem: ApiProblem | undefined): boolean =>
  problem !== undefined && (problem.status === 0 || problem.status === 429 || problem.status >= 500);

const nothing = { path: undefined, data: undefined, problem: undefined, isLoading: true } as const;

interface Answer<T> {
  readonly data?: T;
  readonly problem?: ApiProblem;
}

async function ask<T>(path: string, signal: AbortSignal): Promise<Answer<T>> {
  try {
    return { data: await get<T>(path, signal) };
  } catch (error) {
    if (error instanceof ApiProblem) return { problem: error };
    if (signal.aborted) return {};
    throw error;
  }
}
