// The events of a case, newest first, up to the version that is looked at.

import type { ReactNode } from "react";
import type { CaseEvent } from "../api/wire.ts";
import { Mark, type Tone } from "../marks/mark.tsx";
import { AlertLink, CaseLink } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";
import { describeCaseEvent } from "./case-event-text.ts";

const tones: Readonly<Record<string, Tone>> = {
  opened: "warn",
  "alert-joined": "warn",
  "disposition-set": "info",
  closed: "good",
  reopened: "warn",
};

interface TimelineProps {
  readonly events: readonly CaseEvent[];
  /** Events after it had not happened yet. */
  readonly version: number;
}

/** One entry per event, with the first digits of its hash. */
export function CaseTimeline({ events, version }: TimelineProps): ReactNode {
  return (
    <ol className="journey" aria-label="Timeline">
      {events.toReversed().map((event) => {
        const { line, alertId, caseId, words } = describeCaseEvent(event);
        return (
          <li key={event.version} className={event.version > version ? "is-later" : ""}>
            <Mark tone={tones[event.type] ?? "quiet"} />
            <div className="hop">
              <div className="line">
                <strong>{event.by ?? "riffle"}</strong>
                <span>{line}</span>
                {alertId !== undefined && <AlertLink id={alertId} most={16} />}
                {caseId !== undefined && <CaseLink id={caseId} most={16} />}
              </div>
              {words !== undefined && <p className="words">{words}</p>}
            </div>
            <div className="hop-time">
              <Moment at={event.at} />
              <span className="note code" title={`hash ${event.hash ?? "unknown"}`}>
                v{event.version} · {(event.hash ?? "").slice(0, 8)}
              </span>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
