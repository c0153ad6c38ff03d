// One case: how it stands, how it came to that, what may be done, and how it stood at any time before.

import { type ReactNode, useCallback, useContext, useId, useMemo, useState } from "react";
import { useResource } from "../api/use-resource.ts";
import type { Case, CaseChange, CaseDetail, CaseEvent } from "../api/wire.ts";
import { hasId, useReloadOn } from "../feed/use-reload-on.ts";
import { shorten } from "../format/text.ts";
import { CopyButton } from "../marks/copy.tsx";
import { Loaded } from "../marks/empty.tsx";
import { Severity, StatusTag } from "../marks/mark.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { AccountLink, AlertLink, CaseLink } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";
import { SessionContext, worksCases } from "../shell/session-context.ts";
import { CaseCommands } from "./case-commands.tsx";
import { CaseTimeline } from "./case-timeline.tsx";
import { withWritten } from "./case-written.ts";
import { eventsAround, partText } from "./timeline-part.ts";

/** The page of `/cases/<id>`. */
export function CasePage({ id }: { readonly id: string }): ReactNode {
  const path = `/v1/cases/${encodeURIComponent(id)}`;
  const detail = useResource<CaseDetail>(path);
  const { reload } = detail;
  const [written, setWritten] = useState<CaseChange>();
  const data = useMemo(() => withWritten(detail.data, written), [detail.data, written]);
  const onChanged = useCallback(
    (change?: CaseChange) => {
      setWritten(change);
      reload();
    },
    [reload],
  );
  useReloadOn((event) => event.kind === "case" && hasId(event, id), reload);
  return (
    <>
      <PageHead
        title={`Case ${shorten(id, 24)}`}
        tab={`Case ${shorten(id)}`}
        marks={
          data !== undefined && (
            <>
              <Severity severity={data.case.severity} />
              <StatusTag status={data.case.status} />
              {data.case.disposition !== null && <StatusTag status={data.case.disposition} />}
            </>
          )
        }
        actions={data !== undefined && <CopyButton label="JSON" text={JSON.stringify(data, undefined, 2)} />}
      />
      <Loaded resource={detail}>
        {(read) => <CaseBody path={path} detail={data ?? read} onChanged={onChanged} />}
      </Loaded>
    </>
  );
}

interface CaseBodyProps {
  readonly path: string;
  readonly detail: CaseDetail;
  readonly onChanged: (change?: CaseChange) => void;
}

function CaseBody({ path, detail, onChanged }: CaseBodyProps): ReactNode {
  const session = useContext(SessionContext);
  const newest = detail.case.version;
  const [lookedAt, setLookedAt] = useState<number>();
  const isPast = lookedAt !== undefined && lookedAt < newest;
  const past = useResource<CaseDetail>(isPast ? `${path}?version=${lookedAt}` : undefined);
  const shown = isPast ? (past.data?.case ?? detail.case) : detail.case;
  const version = isPast ? lookedAt : newest;
  const events = eventsAround(detail, past.data, version);
  return (
    <div className="columns columns-wide">
      <Panel title="Timeline" note={partText(events, newest)}>
        <AsOf events={events} version={lookedAt ?? newest} newest={newest} onChange={setLookedAt} />
        <CaseTimeline events={events} version={version} />
      </Panel>
      <div className="stack">
        <Panel title={isPast ? `The case at version ${shown.version}` : "The case now"} isPadded>
          <Facts found={shown} />
        </Panel>
        {worksCases(session) && !isPast && (
          <Panel title="Work on it">
            <CaseCommands found={detail.case} onChanged={onChanged} />
          </Panel>
        )}
      </div>
    </div>
  );
}

interface AsOfProps {
  readonly events: readonly CaseEvent[];
  readonly version: number;
  readonly newest: number;
  readonly onChange: (version: number | undefined) => void;
}

function AsOf({ events, version, newest, onChange }: AsOfProps): ReactNode {
  const id = useId();
  const at = events.find((event) => event.version === version)?.at;
  if (newest < 2) return null;
  return (
    <div className="as-of">
      <label htmlFor={id}>As of</label>
      <input
        id={id}
        type="range"
        min={1}
        max={newest}
        value={version}
        aria-valuetext={`version ${version}${at === undefined ? "" : `, ${at}`}`}
        onChange={({ target }) =>
          onChange(Number(target.value) === newest ? undefined : Number(target.value))
        }
      />
      <span className="note">
        version {version} of {newest}
        {at !== undefined && (
          <>
            {" · "}
            <Moment at={at} />
          </>
        )}
      </span>
      {version < newest && (
        <button type="button" className="button is-small" onClick={() => onChange(undefined)}>
          Back to now
        </button>
      )}
    </div>
  );
}

function Facts({ found }: { readonly found: Case }): ReactNode {
  const {
    accountId,
    assignee,
    disposition,
    openedAt,
    updatedAt,
    alertIds,
    linkedCaseIds,
    comments,
    lastHash,
  } = found;
  return (
    <dl className="facts">
      <dt>Account</dt>
      <dd>
        <AccountLink id={accountId} most={40} />
      </dd>
      <dt>Status</dt>
      <dd>
        <StatusTag status={found.status} />
      </dd>
      <dt>Assignee</dt>
      <dd>{assignee ?? "nobody"}</dd>
      <dt>Disposition</dt>
      <dd>{disposition === null ? "not judged" : <StatusTag status={disposition} />}</dd>
      <dt>Opened</dt>
      <dd>
        <Moment at={openedAt} />
      </dd>
      <dt>Changed</dt>
      <dd>
        <Moment at={updatedAt} />
      </dd>
      <dt>Alerts</dt>
      <dd>
        <Ids ids={alertIds} Item={AlertLink} />
      </dd>
      <dt>Linked</dt>
      <dd>{linkedCaseIds.length === 0 ? "none" : <Ids ids={linkedCaseIds} Item={CaseLink} />}</dd>
      <dt>Comments</dt>
      <dd>{comments}</dd>
      <dt>Chain</dt>
      <dd className="code" title={lastHash}>
        {lastHash.slice(0, 16)}…
      </dd>
    </dl>
  );
}

const shownIds = 12;

function Ids({
  ids,
  Item,
}: {
  readonly ids: readonly string[];
  readonly Item: (props: { readonly id: string; readonly most?: number }) => ReactNode;
}): ReactNode {
  return (
    <span className="line">
      {ids.slice(-shownIds).map((id) => (
        <Item key={id} id={id} most={18} />
      ))}
      {ids.length > shownIds && <span className="note">and {ids.length - shownIds} more</span>}
    </span>
  );
}
