// A call that waits for a burst to be over: one for many.

import { useCallback, useEffect, useRef } from "react";

/** A function that calls `act` once, `afterMs` after the first of any number of calls. */
export function useSettledCall(act: () => void, afterMs: number): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const current = useRef(act);
  useEffect(() => {
    current.current = act;
  }, [act]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      current.current();
    }, afterMs);
  }, [afterMs]);
}
