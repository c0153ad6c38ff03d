// One account: what it moved, what was noticed, who works on it.

import { type ReactNode, useCallback } from "react";
import { AlertsTable } from "../alerts/alerts-table.tsx";
import { withQuery } from "../api/client.ts";
import { useResource } from "../api/use-resource.ts";
import type { Account, Page, TransactionRow } from "../api/wire.ts";
import { CasesTable } from "../cases/cases-table.tsx";
import { useOwnFeed } from "../feed/feed-context.tsx";
import { plural, shorten } from "../format/text.ts";
import { Deliveries } from "../marks/deliveries.tsx";
import { Loaded, Nothing } from "../marks/empty.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { Ago, Moment } from "../marks/time.tsx";
import { Windows } from "../marks/windows.tsx";
import { SpendChart } from "./spend-chart.tsx";
import { TransactionsTable } from "./transactions-table.tsx";
import { useSettledCall } from "./use-settled-call.ts";

/** A burst of events is one reload: each reading of the account is written down. */
const settleMs = 1_500;

/** The page of `/accounts/<id>`; it follows the feed of this account. */
export function AccountPage({ id }: { readonly id: string }): ReactNode {
  const account = useResource<Account>(`/v1/accounts/${encodeURIComponent(id)}`);
  const transactions = useResource<Page<TransactionRow>>(
    withQuery("/v1/transactions", { account: id, limit: 50 }),
  );
  const reload = useCallback(() => {
    account.reload();
    transactions.reload();
  }, [account.reload, transactions.reload]);
  const reloadSoon = useSettledCall(reload, settleMs);
  useOwnFeed(`topics=transactions,aggregates,alerts,cases&account=${encodeURIComponent(id)}`, reloadSoon);
  return (
    <>
      <PageHead
        title={`Account ${shorten(id, 40)}`}
        tab={shorten(id)}
        note={account.data === undefined ? undefined : <Summary account={account.data} />}
      />
      <Loaded resource={account}>
        {(data) => (
          <>
            <Panel title="Spend by window">
              <SpendChart id={id} windows={data.windows} />
            </Panel>
            <Panel title="Alerts" note={plural(data.alerts.length, "alert")}>
              {data.alerts.length > 0 ? (
                <AlertsTable alerts={data.alerts} isOfOneAccount />
              ) : (
                <Nothing>None</Nothing>
              )}
            </Panel>
            <Panel title="Cases" note={plural(data.cases.length, "case")}>
              {data.cases.length > 0 ? (
                <CasesTable cases={data.cases} isOfOneAccount />
              ) : (
                <Nothing>None</Nothing>
              )}
            </Panel>
            <Panel title="Transactions" note={countOf(data)}>
              <Loaded resource={transactions}>
                {({ items }) =>
                  items.length > 0 ? (
                    <TransactionsTable transactions={items} />
                  ) : (
                    <Nothing>None that is kept</Nothing>
                  )
                }
              </Loaded>
            </Panel>
            <Panel title="Newest windows">
              {data.windows.length > 0 ? <Windows windows={data.windows} /> : <Nothing>None</Nothing>}
            </Panel>
            <Panel title="Deliveries">
              {data.deliveries.length > 0 ? (
                <Deliveries deliveries={data.deliveries} />
              ) : (
                <Nothing>None</Nothing>
              )}
            </Panel>
          </>
        )}
      </Loaded>
    </>
  );
}

const countOf = ({ transactions: { count, isAtLeast } }: Account): string =>
  `${plural(count, "transaction")}${isAtLeast ? " or more" : ""}`;

function Summary({ account }: { readonly account: Account }): ReactNode {
  const { first, last } = account.transactions;
  if (first === null || last === null) return "No transaction of it is kept.";
  return (
    <>
      {countOf(account)} from <Moment at={first} />, the newest <Ago at={last} />
    </>
  );
}
