// All alerts, filtered by what is in the address.

import { type ReactNode, useCallback, useContext, useState } from "react";
import { usePages } from "../api/use-pages.ts";
import type { AlertRow } from "../api/wire.ts";
import { useFeedEvents } from "../feed/feed-context.tsx";
import type { FeedEvent } from "../feed/feed-message.ts";
import { plural } from "../format/text.ts";
import { Empty, Loaded } from "../marks/empty.tsx";
import { Choice, type Query, setFilter, TextFilter } from "../marks/filters.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { More } from "../marks/table.tsx";
import { Link } from "../shell/location.tsx";
import { SessionContext, seesFullIds } from "../shell/session-context.ts";
import { AlertsTable } from "./alerts-table.tsx";

const pageSize = 50;
const rules = [
  "amount-above-mean",
  "card-testing",
  "dormant-account-awakened",
  "impossible-travel",
  "take-over",
  "velocity-burst",
];

/** The page of `/alerts`. */
export function AlertsPage({ query }: { readonly query: Query }): ReactNode {
  const { account = "", rule = "", severity = "", status = "" } = query;
  const pages = usePages<AlertRow>("/v1/alerts", { account, rule, severity, status, limit: pageSize });
  const session = useContext(SessionContext);
  const [arrived, setArrived] = useState(0);
  useFeedEvents(
    useCallback(({ kind }: FeedEvent) => {
      if (kind === "alert") setArrived((count) => count + 1);
    }, []),
  );
  const filter = (name: string) => (value: string) => setFilter("/alerts", query, name, value);
  const refresh = (): void => {
    setArrived(0);
    pages.first.reload();
  };
  return (
    <>
      <PageHead
        title="Alerts"
        actions={
          arrived > 0 && (
            <button type="button" className="button" onClick={refresh}>
              Show {plural(arrived, "new alert")}
            </button>
          )
        }
      />
      <search className="filters">
        <Choice label="Rule" value={rule} options={rules} onChange={filter("rule")} />
        <Choice
          label="Severity"
          value={severity}
          options={["high", "medium", "low"]}
          onChange={filter("severity")}
        />
        <Choice label="Status" value={status} options={["raised", "withdrawn"]} onChange={filter("status")} />
        {seesFullIds(session) && <TextFilter label="Account" value={account} onChange={filter("account")} />}
      </search>
      <Panel title="Newest first" note={plural(pages.items.length, "alert")}>
        <Loaded resource={pages.first}>
          {() =>
            pages.items.length > 0 ? (
              <AlertsTable alerts={pages.items} />
            ) : (
              <None isFiltered={isFiltered(query)} />
            )
          }
        </Loaded>
        {pages.hasMore && <More onMore={pages.more} isLoading={pages.isLoadingMore} />}
      </Panel>
    </>
  );
}

const isFiltered = (query: Query): boolean => Object.values(query).some((value) => value !== "");

function None({ isFiltered: filtered }: { readonly isFiltered: boolean }): ReactNode {
  if (filtered) {
    return (
      <Empty title="No alert matches">
        <p>
          Take a filter away, or see <Link href="/alerts">all of them</Link>.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No alert yet">
      <p>
        The <Link href="/">overview</Link> has a scenario that raises one.
      </p>
    </Empty>
  );
}
