// Alerts as they come, each with its evidence to unfold.

import { type ReactNode, useCallback, useEffect, useState } from "react";
import { Evidence } from "../alerts/evidence.tsx";
import { alertOf, mergeAlerts, momentOf } from "../alerts/newest-alerts.ts";
import { useResource } from "../api/use-resource.ts";
import type { AlertRow, Page } from "../api/wire.ts";
import { useFeed, useFeedEvents } from "../feed/feed-context.tsx";
import type { FeedEvent } from "../feed/feed-message.ts";
import { Empty, Loaded } from "../marks/empty.tsx";
import { Severity, StatusTag } from "../marks/mark.tsx";
import { Panel } from "../marks/panel.tsx";
import { AccountLink, AlertLink, CaseLink, Money } from "../marks/things.tsx";
import { Ago } from "../marks/time.tsx";
import { Link } from "../shell/location.tsx";

const most = 12;
const path = `/v1/alerts?limit=${most}`;

/** The newest alerts. They are read when the feed has caught up, and again after each reset. */
export function AlertStream(): ReactNode {
  const { state } = useFeed();
  const read = useResource<Page<AlertRow>>(path);
  const [arrived, setArrived] = useState<readonly AlertRow[]>([]);
  useFeedEvents(
    useCallback((event: FeedEvent) => {
      const alert = alertOf(event, Date.now());
      if (alert !== undefined) setArrived((before) => mergeAlerts(before, [alert], most));
    }, []),
  );
  const { reload } = read;
  // biome-ignore lint/correctness/useExhaustiveDependencies: live again, or reset: what was read may lack something
  useEffect(reload, [state.phase === "live", state.resets, reload]);
  return (
    <Panel title="Alerts as they come" note={<Link href="/alerts">All alerts</Link>}>
      <Loaded resource={read}>
        {({ items }) => {
          const alerts = mergeAlerts(items, arrived, most);
          if (alerts.length === 0) return <NoAlerts />;
          return (
            <ol className="stream" aria-label="Newest alerts">
              {alerts.map((alert) => (
                <AlertEntry key={alert.id} alert={alert} isNew={arrived.some(({ id }) => id === alert.id)} />
              ))}
            </ol>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function NoAlerts(): ReactNode {
  return (
    <Empty title="No alert yet">
      <p>An alert stands here within a second of the transaction that completes its pattern.</p>
    </Empty>
  );
}

function AlertEntry({ alert, isNew }: { readonly alert: AlertRow; readonly isNew: boolean }): ReactNode {
  const { id, rule, severity, status, accountId, reason, evidence, amount, currency, caseId } = alert;
  return (
    <li className={isNew ? "entry is-new" : "entry"}>
      <div className="entry-head">
        <Severity severity={severity} />
        <strong>{rule}</strong>
        {status === "withdrawn" && <StatusTag status={status} />}
        <AccountLink id={accountId} />
        <span className="entry-end">
          <Money amount={amount} currency={currency} />
          <span className="note">
            <Ago at={momentOf(alert)} />
          </span>
        </span>
      </div>
      <p>{reason}</p>
      <details>
        <summary>Evidence: {evidence.length} transactions</summary>
        <Evidence evidence={evidence} evidenceSteps={alert.evidenceSteps} />
        <p className="entry-links note">
          Alert <AlertLink id={id} />
          {caseId !== null && (
            <>
              {" "}
              · Case <CaseLink id={caseId} />
            </>
          )}
        </p>
      </details>
    </li>
  );
}
