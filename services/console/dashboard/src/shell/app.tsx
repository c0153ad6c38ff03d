// The whole dashboard: who reads, the frame, the page of the address.

import { type ReactNode, useEffect, useState } from "react";
import { AccountPage } from "../account/account-page.tsx";
import { AlertPage } from "../alerts/alert-page.tsx";
import { AlertsPage } from "../alerts/alerts-page.tsx";
import { keepToken, whenUnauthorised } from "../api/client.ts";
import { useResource } from "../api/use-resource.ts";
import type { Session } from "../api/wire.ts";
import { CasePage } from "../cases/case-page.tsx";
import { CasesPage } from "../cases/cases-page.tsx";
import { DeadLettersPage } from "../dead-letters/dead-letters-page.tsx";
import { FeedProvider } from "../feed/feed-context.tsx";
import { Empty } from "../marks/empty.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { OverviewPage } from "../overview/overview-page.tsx";
import { PassportPage } from "../passport/passport-page.tsx";
import { SearchPage } from "../search/search-page.tsx";
import { KeyboardHelp } from "./keyboard-help.tsx";
import { go, Link, useAddress } from "./location.tsx";
import { Navigation } from "./navigation.tsx";
import { RebuildBanner } from "./rebuild-banner.tsx";
import { type Route, routeOf } from "./route.ts";
import { SessionContext } from "./session-context.ts";
import { SignIn } from "./sign-in.tsx";
import { noticeOf } from "./sign-in-notice.ts";
import { TopBar } from "./top-bar.tsx";

/** Asks who reads, and shows the sign-in or the pages. */
export function App(): ReactNode {
  const session = useResource<Session>("/v1/session");
  const [isRefused, setRefused] = useState(false);
  const [notice, setNotice] = useState(() => noticeHere().sentence);
  useEffect(() => whenUnauthorised(() => setRefused(true)), []);
  // Said once: neither a bookmark nor a reload says it again.
  useEffect(() => go(noticeHere().address, "replace"), []);
  keepToken(session.data?.csrfToken ?? null);

  const enter = (): void => {
    setRefused(false);
    setNotice(undefined);
    session.reload();
  };
  if (isRefused || session.problem?.status === 401) {
    return <SignIn notice={notice} onEntered={enter} />;
  }
  if (session.data === undefined) {
    return <p className="sign-in note">{session.problem?.message ?? "Connecting to the console…"}</p>;
  }
  return (
    <SessionContext value={session.data}>
      <FeedProvider>
        <Frame />
      </FeedProvider>
    </SessionContext>
  );
}

const noticeHere = () => noticeOf(location.pathname + location.search);

function Frame(): ReactNode {
  const route = routeOf(useAddress());
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Navigation route={route} />
      <TopBar />
      <main id="main" tabIndex={-1}>
        <RebuildBanner />
        <PageOf route={route} />
      </main>
      <KeyboardHelp />
    </div>
  );
}

function PageOf({ route }: { readonly route: Route }): ReactNode {
  switch (route.page) {
    case "overview":
      return <OverviewPage />;
    case "transaction":
      return <PassportPage key={route.id} id={route.id} />;
    case "account":
      return <AccountPage key={route.id} id={route.id} />;
    case "alerts":
      return <AlertsPage query={route.query} />;
    case "alert":
      return <AlertPage key={route.id} id={route.id} />;
    case "cases":
      return <CasesPage query={route.query} />;
    case "case":
      return <CasePage key={route.id} id={route.id} />;
    case "dead-letters":
      return <DeadLettersPage />;
    case "search":
      return <SearchPage key={route.text} text={route.text} />;
    case "nowhere":
      return <NowherePage path={route.path} />;
  }
}

function NowherePage({ path }: { readonly path: string }): ReactNode {
  return (
    <>
      <PageHead title="No such page" />
      <Panel title="What was asked for">
        <Empty title={path}>
          <p>
            The console has no page there. Start at the <Link href="/">overview</Link>, or press <kbd>/</kbd>{" "}
            to look for a transaction, an account, an alert or a case.
          </p>
        </Empty>
      </Panel>
    </>
  );
}
