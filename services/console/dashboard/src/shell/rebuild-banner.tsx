// What is wrong with the read model: how far it is while it is built anew, and why it stands still. What is shown is a part
// of the truth until then.

import type { ReactNode } from "react";
import { useResource } from "../api/use-resource.ts";
import type { Status } from "../api/wire.ts";
import { formatCount, formatDuration } from "../format/text.ts";
import { Mark } from "../marks/mark.tsx";

const everyMs = 2_000;

/** Nothing while the read model is live and follows the topics. */
export function RebuildBanner(): ReactNode {
  const { data } = useResource<Status>("/v1/status", everyMs);
  if (data === undefined) return null;
  // A console of another version may not say.
  if (typeof data.failure === "string") return <StandstillBanner failure={data.failure} />;
  if (data.phase === "live") return null;
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

const reasons: Readonly<Record<NonNullable<Status["failure"]>, string>> = {
  CONSOLE_DISK_FULL: "its disk is full. It goes on by itself when there is room; nothing is lost.",
  CONSOLE_NOT_FOLLOWING: "it cannot read the topics now. It tries again by itself; nothing is lost.",
};

function StandstillBanner({ failure }: { readonly failure: NonNullable<Status["failure"]> }): ReactNode {
  return (
    <div className="banner is-bad" role="status">
      <Mark tone="bad" />
      <span>
        <strong>The read model stands still:</strong> {reasons[failure]} Pages show what it had until then.{" "}
        <code>{failure}</code>
      </span>
    </div>
  );
}
