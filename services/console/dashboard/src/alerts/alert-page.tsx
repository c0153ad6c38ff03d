// One alert: why, from what, what became of it and who was told.

import type { ReactNode } from "react";
import { useResource } from "../api/use-resource.ts";
import type { AlertDetail } from "../api/wire.ts";
import { hasId, useReloadOn } from "../feed/use-reload-on.ts";
import { formatDuration, plural, shorten } from "../format/text.ts";
import { CopyButton } from "../marks/copy.tsx";
import { Deliveries } from "../marks/deliveries.tsx";
import { Loaded, Nothing } from "../marks/empty.tsx";
import { Severity, StatusTag } from "../marks/mark.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { Table } from "../marks/table.tsx";
import { AccountLink, CaseLink, Money, Place, TransactionLink } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";
import { Evidence } from "./evidence.tsx";

/** The page of `/alerts/<id>`. */
export function AlertPage({ id }: { readonly id: string }): ReactNode {
  const detail = useResource<AlertDetail>(`/v1/alerts/${encodeURIComponent(id)}`);
  const { data, reload } = detail;
  useReloadOn((event) => hasId(event, id), reload);
  return (
    <>
      <PageHead
        title={data?.alert.rule ?? "Alert"}
        tab={`Alert ${shorten(id)}`}
        marks={
          data !== undefined && (
            <>
              <Severity severity={data.alert.severity} />
              <StatusTag status={data.alert.status} />
            </>
          )
        }
        note={data?.alert.reason}
        actions={data !== undefined && <CopyButton label="JSON" text={JSON.stringify(data, undefined, 2)} />}
      />
      <Loaded resource={detail}>{(read) => <AlertBody detail={read} />}</Loaded>
    </>
  );
}

function AlertBody({ detail }: { readonly detail: AlertDetail }): ReactNode {
  const { alert, history, deliveries } = detail;
  return (
    <>
      <div className="columns columns-wide">
        <Panel title="Evidence" note={plural(alert.evidence.length, "transaction")}>
          <Evidence evidence={alert.evidence} evidenceSteps={alert.evidenceSteps} />
        </Panel>
        <Panel title="Alert" isPadded>
          <Facts detail={detail} />
        </Panel>
      </div>
      <Panel title="History" note={plural(history.length, "event")}>
        <Table
          label="History of the alert"
          rows={history}
          keyOf={({ partition, offset }) => `${partition}/${offset}`}
          columns={[
            { title: "Status", kind: "line", cell: ({ status }) => <StatusTag status={status} /> },
            { title: "Told", kind: "line", cell: ({ atMs }) => (atMs === null ? "–" : <Moment at={atMs} />) },
            {
              title: "Changed by",
              kind: "line",
              cell: ({ changedBy }) =>
                changedBy === null ? "the passing of time" : <TransactionLink id={changedBy} />,
            },
            {
              title: "Record",
              kind: "line",
              cell: ({ partition, offset }) => (
                <Place topic="alerts.v1" partition={partition} offset={offset} />
              ),
            },
          ]}
        />
      </Panel>
      <Panel title="Deliveries" note={plural(deliveries.length, "delivery", "deliveries")}>
        {deliveries.length > 0 ? (
          <Deliveries deliveries={deliveries} />
        ) : (
          <Nothing>Nobody was told yet</Nothing>
        )}
      </Panel>
    </>
  );
}

function Facts({ detail: { alert, caseId } }: { readonly detail: AlertDetail }): ReactNode {
  const tookMs = Date.parse(alert.lastAt) - Date.parse(alert.firstAt);
  return (
    <dl className="facts">
      <dt>Amount</dt>
      <dd className="amount">
        <Money amount={alert.amount} currency={alert.currency} />
      </dd>
      <dt>Account</dt>
      <dd>
        <AccountLink id={alert.accountId} most={40} />
      </dd>
      <dt>Case</dt>
      <dd>{caseId === null ? "none" : <CaseLink id={caseId} most={40} />}</dd>
      <dt>Rule</dt>
      <dd>
        {alert.rule}, version {alert.ruleVersion}
      </dd>
      <dt>From</dt>
      <dd>
        <Moment at={alert.firstAt} />
      </dd>
      <dt>To</dt>
      <dd>
        <Moment at={alert.lastAt} />{" "}
        <span className="note">
          {tookMs === 0 ? "at the same moment" : `after ${formatDuration(tookMs)}`}
        </span>
      </dd>
      <dt>Id</dt>
      <dd className="code">{alert.id}</dd>
    </dl>
  );
}
