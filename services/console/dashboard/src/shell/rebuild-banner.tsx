// How far the read model is while it is built anew: what is shown is a part of the truth until then.

import type { ReactNode } from "react";
import { useResource } from "../api/use-resource.ts";
import type { Status } from "../api/wire.ts";
import { formatCount, formatDuration } from "../format/text.ts";
import { Mark } from "../marks/mark.tsx";

const everyMs = 2_000;

/** Nothing once the read model is live. */
export function RebuildBanner(): ReactNode {
  const { data } = useResource<Status>("/v1/status", everyMs);
  if (data === undefined || data.phase === "live") return null;
  const { percent, applied, total, recordsPerSecond } = data;
  const left = recordsPerSecond > 0 ? ((total - applied) / recordsPerSecond) * 1_000 : undefined;
  return (
    <div className="banner is-info" role="status">
      <Mark tone="info" />
      <span>
        <strong>The read model is being rebuilt.</strong> Pages show what has been applied so far.
      </span>
      <progress max={100} value={percent} aria-label="Rebuild of the read model" />
      <span>
        {Math.floor(percent)} % · {formatCount(applied)} of {formatCount(total)}
        {left !== undefined && ` · about ${formatDuration(Math.ceil(left / 1_000) * 1_000)} left`}
      </span>
    </div>
  );
}
