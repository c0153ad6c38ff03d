// The cases that are worked on, filtered by what is in the address.

import { type ReactNode, useContext } from "react";
import { usePages } from "../api/use-pages.ts";
import type { Case } from "../api/wire.ts";
import { useReloadOn } from "../feed/use-reload-on.ts";
import { plural } from "../format/text.ts";
import { Empty, Loaded } from "../marks/empty.tsx";
import { Choice, type Query, setFilter, TextFilter } from "../marks/filters.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { More } from "../marks/table.tsx";
import { Link } from "../shell/location.tsx";
import { SessionContext, seesFullIds } from "../shell/session-context.ts";
import { CasesTable } from "./cases-table.tsx";

const pageSize = 50;
/** Events come in bursts, and reading a list of accounts is written down. */
const settleMs = 1_000;

/** The page of `/cases`. */
export function CasesPage({ query }: { readonly query: Query }): ReactNode {
  const { status = "", assignee = "", account = "" } = query;
  const pages = usePages<Case>("/v1/cases", { status, assignee, account, limit: pageSize });
  const session = useContext(SessionContext);
  useReloadOn(({ kind }) => kind === "case", pages.first.reload, settleMs);
  const filter = (name: string) => (value: string) => setFilter("/cases", query, name, value);
  return (
    <>
      <PageHead title="Cases" note="An alert opens a case of its account, or joins the one that is open." />
      <search className="filters">
        <Choice label="Status" value={status} options={["open", "closed"]} onChange={filter("status")} />
        <TextFilter label="Assignee" value={assignee} onChange={filter("assignee")} />
        {seesFullIds(session) && <TextFilter label="Account" value={account} onChange={filter("account")} />}
      </search>
      <Panel title="Last changed first" note={plural(pages.items.length, "case")}>
        <Loaded resource={pages.first}>
          {() => (pages.items.length > 0 ? <CasesTable cases={pages.items} /> : <None query={query} />)}
        </Loaded>
        {pages.hasMore && <More onMore={pages.more} isLoading={pages.isLoadingMore} />}
      </Panel>
    </>
  );
}

function None({ query }: { readonly query: Query }): ReactNode {
  const isFiltered = Object.values(query).some((value) => value !== "");
  return (
    <Empty title={isFiltered ? "No case matches" : "No case yet"}>
      <p>
        {isFiltered ? (
          <>
            Take a filter away, or see <Link href="/cases">all of them</Link>.
          </>
        ) : (
          <>
            The first alert opens one. The <Link href="/">overview</Link> has a scenario that raises an alert.
          </>
        )}
      </p>
    </Empty>
  );
}
