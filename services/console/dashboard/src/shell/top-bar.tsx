// The bar above every page: the search box and the state of the live feed.

import type { ReactNode } from "react";
import { useFeed } from "../feed/feed-context.tsx";
import type { FeedState } from "../feed/feed-state.ts";
import { formatDuration, plural } from "../format/text.ts";
import { Icon } from "../marks/icon.tsx";
import { Mark, type Tone } from "../marks/mark.tsx";
import { openKeyboardHelp } from "./keyboard-help.tsx";
import { SearchBox } from "./search-box.tsx";

/** Search, feed, help. */
export function TopBar(): ReactNode {
  return (
    <div className="bar">
      <SearchBox />
      <div className="bar-end">
        <FeedLine />
        <button
          type="button"
          className="button is-bare"
          aria-label="Keyboard help"
          onClick={openKeyboardHelp}
        >
          <Icon name="help" />
        </button>
      </div>
    </div>
  );
}

interface Said {
  readonly tone: Tone;
  readonly text: string;
  readonly why: string;
}

function saidOf({ phase, retryInMs, skipped }: FeedState): Said {
  switch (phase) {
    case "live":
      return { tone: "good", text: "Live", why: "What you see is the present" };
    case "connecting":
      return { tone: "quiet", text: "Connecting", why: "Opening the live feed" };
    case "catching-up":
      return {
        tone: "info",
        text: "Catching up",
        why: "Replaying what came in meanwhile; nothing is left out",
      };
    case "slow":
      return {
        tone: "warn",
        text: "Slow",
        why: `This page read too slowly and was cut off; ${plural(skipped, "event")} come again with the replay`,
      };
    case "disconnected":
      return {
        tone: "bad",
        text: `Disconnected, next try in ${formatDuration(retryInMs)}`,
        why: "What you see is as old as the connection; the feed resumes where it stopped",
      };
  }
}

function FeedLine(): ReactNode {
  const { state, retryNow } = useFeed();
  const { tone, text, why } = saidOf(state);
  return (
    <>
      <span className="feed-state" role="status" title={why} data-feed={state.phase}>
        <Mark tone={tone} />
        {text}
      </span>
      {state.phase === "disconnected" && (
        <button type="button" className="button is-small" onClick={retryNow}>
          Try now
        </button>
      )}
    </>
  );
}
