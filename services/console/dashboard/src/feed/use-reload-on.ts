// A page that reads anew when the feed tells of what it shows.

import { useSettledCall } from "../account/use-settled-call.ts";
import { useFeedEvents } from "./feed-context.tsx";
import type { FeedEvent } from "./feed-message.ts";

/** Soon enough for who looks at one thing; a burst of events is one reload all the same. */
const soonMs = 250;

/** Calls `reload` once for any number of events within `afterMs` that concern what is shown. */
export function useReloadOn(
  concerns: (event: FeedEvent) => boolean,
  reload: () => void,
  afterMs = soonMs,
): void {
  const reloadSoon = useSettledCall(reload, afterMs);
  useFeedEvents((event) => {
    if (concerns(event)) reloadSoon();
  });
}

/** Whether an event has an id anywhere in it. */
export const hasId = ({ data }: FeedEvent, id: string): boolean => JSON.stringify(data).includes(id);
