// The page's feed: one connection for the whole dashboard, and one more for a page that looks at one account.
//
// Figures come each second and are kept apart from the state, so that they render the map and nothing else.

import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { Overview } from "../api/wire.ts";
import { browserWorld } from "./browser-world.ts";
import { FeedClient } from "./feed-client.ts";
import type { FeedEvent } from "./feed-message.ts";
import { type FeedState, initialFeed } from "./feed-state.ts";

interface LiveFeed {
  readonly state: FeedState;
  readonly retryNow: () => void;
  readonly listen: (listener: (event: FeedEvent) => void) => () => void;
}

const idle: LiveFeed = { state: initialFeed, retryNow: () => {}, listen: () => () => {} };
const FeedContext = createContext<LiveFeed>(idle);
const FiguresContext = createContext<Overview | undefined>(undefined);

/** What every page listens to. Aggregates and transactions are too many for all of them. */
const everywhere = "topics=alerts,cases,notifications,deadletters";

/** Connects as long as it is mounted. */
export function FeedProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [figures, setFigures] = useState<Overview>();
  const feed = useConnection(everywhere, setFigures);
  return (
    <FeedContext value={feed}>
      <FiguresContext value={figures}>{children}</FiguresContext>
    </FeedContext>
  );
}

/** How the feed is doing. */
export function useFeed(): LiveFeed {
  return useContext(FeedContext);
}

/** The newest figures, undefined before the first. */
export function useFigures(): Overview | undefined {
  return useContext(FiguresContext);
}

/** Calls `listener` with each event while the component is there. */
export function useFeedEvents(listener: (event: FeedEvent) => void): void {
  const { listen } = useContext(FeedContext);
  useListener(listen, listener);
}

/** A connection of its own, for one page: `topics=aggregates&account=a-1`. Undefined connects nothing. */
export function useOwnFeed(query: string | undefined, listener: (event: FeedEvent) => void): void {
  const { listen } = useConnection(query);
  useListener(listen, listener);
}

function useListener(listen: LiveFeed["listen"], listener: (event: FeedEvent) => void): void {
  const current = useRef(listener);
  useEffect(() => {
    current.current = listener;
  }, [listener]);
  useEffect(() => listen((event) => current.current(event)), [listen]);
}

function useConnection(query: string | undefined, figures?: (figures: Overview) => void): LiveFeed {
  const [state, setState] = useState(initialFeed);
  const listeners = useRef(new Set<(event: FeedEvent) => void>());
  const client = useRef<FeedClient | undefined>(undefined);
  useEffect(() => {
    if (query === undefined) return;
    const connected = new FeedClient(query, browserWorld, {
      event: (event) => {
        for (const listener of listeners.current) listener(event);
      },
      figures: (newest) => figures?.(newest),
      changed: setState,
    });
    const again = (): void => connected.retryNow();
    client.current = connected;
    connected.start();
    addEventListener("online", again);
    return () => {
      removeEventListener("online", again);
      connected.stop();
    };
  }, [query, figures]);
  const stable = useMemo(
    () => ({
      retryNow: () => client.current?.retryNow(),
      listen: (listener: (event: FeedEvent) => void) => {
        listeners.current.add(listener);
        return () => void listeners.current.delete(listener);
      },
    }),
    [],
  );
  return useMemo(() => ({ state, ...stable }), [state, stable]);
}
