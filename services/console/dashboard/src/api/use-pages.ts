// A list that goes on: its first page, and as many more as were asked for.

import { useCallback, useState } from "react";
import { ApiProblem, get, withQuery } from "./client.ts";
import { type Resource, useResource } from "./use-resource.ts";
import type { Page } from "./wire.ts";

/** The list so far. */
export interface Pages<T> {
  readonly first: Resource<Page<T>>;
  readonly items: readonly T[];
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly more: () => void;
}

interface Further<T> {
  readonly path: string;
  readonly items: readonly T[];
  readonly next: string | null;
}

/** The list at a path with its filters; other filters start it anew. */
export function usePages<T>(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
): Pages<T> {
  const firstPath = withQuery(path, query);
  const first = useResource<Page<T>>(firstPath);
  const [further, setFurther] = useState<Further<T>>();
  const [isLoadingMore, setLoadingMore] = useState(false);
  const current = further?.path === firstPath ? further : undefined;
  const next = current === undefined ? (first.data?.next ?? null) : current.next;
  const more = useCallback(async () => {
    if (next === null) return;
    setLoadingMore(true);
    try {
      const page = await get<Page<T>>(withQuery(path, { ...query, after: next }));
      const items = [...(current?.items ?? []), ...page.items];
      setFurther({ path: firstPath, items, next: page.next });
    } catch (error) {
      // The button stays: pressing it again is the cure.
      if (!(error instanceof ApiProblem)) throw error;
    } finally {
      setLoadingMore(false);
    }
  }, [path, query, firstPath, next, current]);
  return {
    first,
    items: [...(first.data?.items ?? []), ...(current?.items ?? [])],
    hasMore: next !== null,
    isLoadingMore,
    more: () => void more(),
  };
}
